import { command } from '../command.js'
import { jsonOf } from '../data.js'
import { JSON_ARRAY } from '../options.js'
import { withRoster } from '../session.js'
import { printTable } from '../table.js'

export const requests = command({
  name: 'requests',
  summary: 'List who asks to see your presence and waits for an answer',
  details:
    'Servers tell it only to whom is available: the account becomes available for a moment, and contacts may see that.\n' +
    'Messages are not drawn here: the priority is negative, or becomes so at once where the server tells of requests only then.\n' +
    'A component has its requests in its storage.',
  options: JSON_ARRAY,
  examples: ['requests', 'requests --json'],
  async run(context, { options }) {
    const waiting = await withRoster(context, { reads: true }, async ({ own, announce }) => {
      await announce()
      return own.requests()
    })
    if (options.json) {
      const data = waiting.map(({ contact, nick, status, receivedAt }) => {
        return { jid: contact, nick: nick ?? null, status: status ?? null, receivedAt }
      })
      context.out.line(jsonOf(data))
    } else {
      const rows = waiting.map(({ contact, nick, status, receivedAt }) => {
        return [contact, nick ?? '', receivedAt.toISOString(), status ?? '']
      })
      printTable(context.out, ['JID', 'NICK', 'SINCE', 'STATUS'], rows)
    }
    return undefined
  },
})
