/** What the command is called. */
export const PROGRAM = 'xmpp-roster'
