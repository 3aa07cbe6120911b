import type { Command } from './command.js'
import { add } from './commands/add.js'
import { admin } from './commands/admin.js'
import { apply } from './commands/apply.js'
import { authorize } from './commands/authorize.js'
import { clients } from './commands/clients.js'
import { completion } from './commands/completion.js'
import { remove } from './commands/delete.js'
import { deny } from './commands/deny.js'
import { exported } from './commands/export.js'
import { get } from './commands/get.js'
import { groups } from './commands/groups.js'
import { help } from './commands/help.js'
import { imported } from './commands/import.js'
import { login } from './commands/login.js'
import { plan } from './commands/plan.js'
import { purge } from './commands/purge.js'
import { requests } from './commands/requests.js'
import { resync } from './commands/resync.js'
import { set } from './commands/set.js'
import { stats } from './commands/stats.js'
import { subscribe } from './commands/subscribe.js'
import { unsubscribe } from './commands/unsubscribe.js'
import { watch } from './commands/watch.js'
import { PROGRAM } from './program.js'

/** Every command, in the order of the help: one line each. */
const COMMANDS: readonly Command[] = [
  get,
  set,
  add,
  remove,
  subscribe,
  unsubscribe,
  authorize,
  deny,
  requests,
  groups,
  stats,
  purge,
  resync,
  exported,
  imported,
  plan,
  apply,
  watch,
  admin,
  clients,
  login,
  completion(() => ROOT),
  help(() => ROOT),
]

/** The program itself. */
export const ROOT: Command = {
  name: PROGRAM,
  summary: 'Contacts, subscriptions and presence of an XMPP account, from the command line',
  details:
    'The account is the one that --account or XMPP_ROSTER_ACCOUNT names, else XMPP_JID (with XMPP_PASSWORD and, where DNS does not\n' +
    'tell, XMPP_SERVICE), else the default one of ~/.config/xmpp-roster/accounts.json, which "xmpp-roster login" writes.',
  examples: ['login juliet@example.com', 'get -v', 'set romeo@example.net -n Romeo -g Friends'],
  options: { version: { type: 'flag', description: 'Print the version' } },
  commands: COMMANDS,
}
