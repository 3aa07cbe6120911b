import { bareJid, localOf } from '../../core/jid.js'
import { type AccountEntry, type Accounts, accountOf } from '../account.js'
import { readAccounts, writeAccounts } from '../accounts-file.js'
import { command } from '../command.js'
import { connect } from '../connection.js'
import type { Context } from '../context.js'
import { usage } from '../errors.js'
import { passwordOf } from '../password.js'
import { confirm } from '../prompt.js'
import { plain } from '../text.js'
import { FORCE } from './delete.js'

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
    'the file has that instead: it is run, without a shell, whenever the password is needed, and prints it in its first line.\n' +
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
    const service = options.service ?? world.env['XMPP_SERVICE']
    const entry = entryOf(bareJid(jid), service === '' ? undefined : service, options.insecure, program, context)
    const tried = await trial(entry, context)
    const name = globals.account ?? bareJid(jid)
    const known = (await readAccounts(world)) ?? { accounts: {} }
    if (Object.hasOwn(known.accounts, name) && !options.force)
      await confirm(`There is an account "${plain(name)}" already. Write over it?`, context)
    const isDefault = options.default || known.default === undefined
    const accounts: Accounts = {
      ...known,
      ...(isDefault ? { default: name } : {}),
      accounts: { ...known.accounts, [name]: tried },
    }
    const path = await writeAccounts(world, accounts)
    context.out.line(`${plain(name)} is written to ${plain(path)}`)
    return undefined
  },
})

function entryOf(
  jid: string,
  service: string | undefined,
  insecure: boolean,
  program: readonly string[],
  { globals }: Context,
): AccountEntry {
  const { component } = globals
  if (component === undefined && localOf(jid) === undefined)
    throw usage(`An account has a name before the @, but ${plain(jid)} is a domain.`)
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
  const typed = context.world.env['XMPP_PASSWORD'] ?? ''
  const secret =
    account.secret.kind === 'none' && typed !== '' ? ({ kind: 'text', text: typed } as const) : account.secret
  const text = await passwordOf({ ...account, secret }, context)
  const { stop } = await connect({ ...account, secret: { kind: 'text', text } }, context, () => undefined)
  await stop()
  return account.secret.kind === 'command' ? entry : { ...entry, password: text }
}
