import { bareJid } from '../core/jid.js'
import { type Account, type AccountEntry, type Accounts, accountOf, configInvalid, type Secret } from './account.js'
import { readAccounts } from './accounts-file.js'
import type { Context } from './context.js'
import { variable } from './environment.js'
import { usage } from './errors.js'
import { accountsFile } from './folders.js'
import { domainIn } from './jids.js'
import { PROGRAM } from './program.js'
import type { World } from './world.js'

/**
 * Whom the command works as: the account that is named (`--account`, XMPP_ROSTER_ACCOUNT), else what XMPP_JID or `--component`
 * say, else the default one of the configuration, else its only one. What an entry says of itself counts; a variable adds only
 * the password that it lacks, so that none goes to a server that it is not for.
 *
 * @throws {CommandError} `CONFIG_INVALID`, `USAGE`
 */
export async function chooseAccount(context: Context): Promise<Account> {
  const { world, globals } = context
  const name = globals.account ?? variable(world, 'XMPP_ROSTER_ACCOUNT')
  const account = name === undefined ? await unnamed(context) : await named(name, world)
  const component = componentIn(globals)
  if (component !== undefined && !(account.kind === 'component' && account.domain === component))
    throw usage(`--component is ${component}, but the account "${name}" is another one.`)
  const secret = account.secret.kind === 'none' ? secretIn(world) : account.secret
  if (account.kind === 'client') {
    const stray = (['owner', 'storage'] as const).find((option) => globals[option] !== undefined)
    if (stray !== undefined) throw usage(`--${stray} is for components; ${account.jid} is an account.`)
    return { ...account, secret }
  }
  return { ...account, secret, storage: globals.storage ?? account.storage }
}

/** `--component`, in canonical form. @throws {CommandError} `USAGE`, {@link RosterError} `JID_MALFORMED` */
export const componentIn = ({ component }: Context['globals']): string | undefined =>
  component === undefined ? undefined : domainIn(component, '--component')

async function named(name: string, world: World): Promise<Account> {
  const file = await readAccounts(world)
  const entry = file !== undefined && Object.hasOwn(file.accounts, name) ? file.accounts[name] : undefined
  if (entry === undefined)
    throw configInvalid(`There is no account "${name}" in ${accountsFile(world)}${listed(file)}.`)
  return accountOf(entry, `The account "${name}"`)
}

const listed = (file: Accounts | undefined): string => {
  const names = Object.keys(file?.accounts ?? {})
  return names.length === 0 ? '' : `; there are ${names.join(', ')}`
}

async function unnamed({ world, globals }: Context): Promise<Account> {
  const component = componentIn(globals)
  const service = variable(world, 'XMPP_SERVICE')
  const place = service === undefined ? {} : { service }
  if (component !== undefined) {
    const file = service === undefined ? await readAccounts(world) : undefined
    const entry = Object.values(file?.accounts ?? {}).find((one) => isOf(one, component))
    return accountOf(entry ?? { component, ...place }, `--component ${component} with XMPP_SERVICE`)
  }
  const jid = variable(world, 'XMPP_JID')
  if (jid !== undefined) return accountOf({ jid, ...place }, 'XMPP_JID and XMPP_SERVICE')
  return fromFile(await readAccounts(world), world)
}

function fromFile(file: Accounts | undefined, world: World): Account {
  const names = Object.keys(file?.accounts ?? {})
  const name = file?.default ?? (names.length === 1 ? names[0] : undefined)
  const entry: AccountEntry | undefined = name === undefined ? undefined : file?.accounts[name]
  if (entry !== undefined) return accountOf(entry, `The account "${name}"`)
  if (names.length > 0)
    throw configInvalid(
      `Which account? Name one with --account${listed(file)}; or set "default" in ${accountsFile(world)}.`,
    )
  throw configInvalid(`There is no account yet: "${PROGRAM} login JID" makes one; or set XMPP_JID and XMPP_PASSWORD.`)
}

/** Entries were checked when they were read. */
const isOf = (entry: AccountEntry, component: string): boolean =>
  entry.component !== undefined && bareJid(entry.component) === component

/** XMPP_PASSWORD, or XMPP_PASSWORD_COMMAND: a JSON array of a program and its arguments. */
export function secretIn(world: World): Secret {
  const text = variable(world, 'XMPP_PASSWORD')
  if (text !== undefined) return { kind: 'text', text }
  const command = variable(world, 'XMPP_PASSWORD_COMMAND')
  return command === undefined ? { kind: 'none' } : { kind: 'command', words: wordsIn(command) }
}

function wordsIn(json: string): readonly string[] {
  try {
    const words: unknown = JSON.parse(json)
    if (Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === 'string')) return words
  } catch {
    // Said below: what is no JSON is no array either.
  }
  throw configInvalid('XMPP_PASSWORD_COMMAND should be a JSON array of texts: ["pass", "show", "xmpp"].')
}
