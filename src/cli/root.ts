import type { Command } from './command.js'
import { get } from './commands/get.js'
import { PROGRAM } from './program.js'

/** Every command, in the order of the help: one line each. */
const COMMANDS: readonly Command[] = [get]

/** The program itself. */
export const ROOT: Command = {
  name: PROGRAM,
  summary: 'Contacts, subscriptions and presence of an XMPP account, from the command line',
  details:
    'The account is the one that --account names, else XMPP_JID (with XMPP_PASSWORD and, where DNS does not tell, XMPP_SERVICE),\n' +
    'else the default one of ~/.config/xmpp-roster/accounts.json, which "xmpp-roster login" writes.',
  examples: ['login juliet@example.com', 'get -v', 'set romeo@example.net -n Romeo -g Friends'],
  commands: COMMANDS,
}
