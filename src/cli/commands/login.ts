import { bareJid, domainOf, localOf } from '../../core/jid.js'
import { type AccountEntry, accountOf } from '../account.js'
import { changeAccounts, readAccounts } from '../accounts-file.js'
import { componentIn, secretIn } from '../choose-account.js'
import { command } from '../command.js'
import { connect } from '../connection.js'
import type { Context } from '../context.js'
import { variable } from '../environment.js'
import { cancelled, usage } from '../errors.js'
import { FORCE } from '../options.js'
import { passwordOf } from '../password.js'
import { confirm } from '../prompt.js'
import { plain } from '../text.js'

const OPTIONS = {
  service: {
    type: 'text',
    value: 'URL',
    description: 'Where to connect, such as xmpp://example.com:5222 (default: XMPP_SERVICE, else as DNS says)',
  },
  default: { type: 'flag', description: 'Use this account when none is named; the first one is anyway' },
  insecure: { type: 'flag', description: 'Log in without encryption as well' },
  ...FORCE,
} as const

export const login = command({
  name: 'login',
  summary: 'Write an account to the configuration, after trying it',
  details:
    'The password is asked for, or taken from XMPP_PASSWORD, and stands in the file, which you alone can read. With a program behind --\n' +
    'or in XMPP_PASSWORD_COMMAND the file has that instead: it is run, without a shell, whenever the password is needed, and prints it in\n' +
    'its first line.\n' +
    'The account is called as --account says, else by its JID. With --component the JID is an owner of the component, the service is\n' +
    'where components connect, and the password is the secret.',
  arguments: [
    { name: 'JID', description: 'The account' },
    {
      name: 'PROGRAM',
      description: 'Behind --: what prints the password, and its arguments',
      optional: true,
      many: true,
    },
  ],
  options: OPTIONS,
  examples: [
    'login juliet@example.com',
    'login juliet@example.com --account work --service xmpps://xmpp.example.com -- pass show work/xmpp',
    'login desk@bots.example.com --component bots.example.com --service xmpp://localhost:5347',
  ],
  async run(context, { options, words: [jid = '', ...program] }) {
    const { world, globals } = context
    const { insecure, force } = options
    const service = options.service ?? variable(world, 'XMPP_SERVICE')
    const entry = entryOf(bareJid(jid), { service: service === '' ? undefined : service, insecure, program }, context)
    const name = globals.account ?? bareJid(jid)
    const isThere = Object.hasOwn((await readAccounts(world))?.accounts ?? {}, name)
    if (isThere && !force) await confirm(`There is an account "${plain(name)}" already. Write over it?`, context)
    const tried = await trial(entry, context)
    const path = await changeAccounts(world, (known) => {
      if (!isThere && !force && Object.hasOwn(known.accounts, name))
        throw cancelled(`There is an account "${name}" by now; nothing was written. -f writes over it.`)
      const isDefault = options.default || known.default === undefined
      return { ...known, ...(isDefault ? { default: name } : {}), accounts: { ...known.accounts, [name]: tried } }
    })
    context.out.line(`${plain(name)} is written to ${plain(path)}`)
    return undefined
  },
})

interface Given {
  readonly service: string | undefined
  readonly insecure: boolean
  /** What prints the password; empty: nothing does. */
  readonly program: readonly string[]
}

/** @throws {CommandError} `USAGE` for what could never work, or would be without a meaning */
function entryOf(jid: string, { service, insecure, program }: Given, { globals }: Context): AccountEntry {
  const component = componentIn(globals)
  if (globals.owner !== undefined) throw usage('--owner is not needed: the JID is the owner of the component.')
  if (component === undefined && localOf(jid) === undefined)
    throw usage(`An account has a name before the @, but ${plain(jid)} is a domain.`)
  if (component !== undefined && domainOf(jid) !== component) throw usage(`${plain(jid)} is not one of ${component}.`)
  if (component !== undefined && insecure)
    throw usage('--insecure is for accounts: the connection of a component never is encrypted.')
  return {
    ...(component === undefined ? { jid } : { component, owner: jid }),
    ...(service === undefined ? {} : { service }),
    ...(program.length === 0 ? {} : { passwordCommand: program }),
    ...(insecure ? { insecure } : {}),
    ...(globals.storage === undefined ? {} : { storage: globals.storage }),
  }
}

/** Logs in, and out again. Resolves with the entry that did it. */
async function trial(entry: AccountEntry, context: Context): Promise<AccountEntry> {
  const account = accountOf(entry, 'The account')
  const secret = account.secret.kind === 'none' ? secretIn(context.world) : account.secret
  const text = await passwordOf({ ...account, secret }, context)
  const { stop } = await connect({ ...account, secret: { kind: 'text', text } }, context, () => undefined)
  await stop()
  return secret.kind === 'command' ? { ...entry, passwordCommand: secret.words } : { ...entry, password: text }
}
