import type { RosterItem } from '../../core/item.js'
import { command } from '../command.js'
import type { Context } from '../context.js'
import { deleteContacts } from '../deleting.js'
import { FORCE } from '../options.js'
import { confirm } from '../prompt.js'
import { withRoster } from '../session.js'
import { amountOf, plain } from '../text.js'

const OPTIONS = {
  'no-from': { type: 'flag', description: 'Also contacts that do not see your presence (to)' },
  'no-to': { type: 'flag', description: 'Also contacts whose presence you do not see (from)' },
  pending: { type: 'flag', description: 'Also where a request waits for an answer' },
  'dry-run': { type: 'flag', description: 'Only list them' },
  ...FORCE,
} as const

const TITLES = [
  ['none', 'There is no subscription with:'],
  ['to', "There is no 'from' subscription with:"],
  ['from', "There is no 'to' subscription with:"],
] as const

export const purge = command({
  name: 'purge',
  summary: 'Delete contacts without a subscription',
  details:
    'Lists them, and asks first. Contacts with both subscriptions always stay, and those where a request waits for an answer unless\n' +
    '--pending says otherwise: to know of requests, the account becomes available for a moment, as for "requests".',
  options: OPTIONS,
  examples: ['purge --dry-run', 'purge --no-from --no-to'],
  run(context, { options }) {
    const dryRun = options['dry-run']
    return withRoster(context, { reads: dryRun }, async (session) => {
      const { own, announce } = session
      const { purgeCandidates } = await import('../../admin.js')
      await announce()
      const waiting = new Set(own.requests().map(({ contact }) => contact))
      const { pending } = options
      const items = [...own.values()].filter(({ jid }) => pending || !waiting.has(jid))
      const found = purgeCandidates(items, { noFrom: options['no-from'], noTo: options['no-to'], pending })
      if (found.length === 0) {
        context.out.line('Nothing to do.')
        return undefined
      }
      list(found, context)
      if (dryRun) return undefined
      if (!options.force) await confirm(`Delete ${amountOf(found.length, 'contact')} from the roster?`, context)
      const contacts = found.map(({ jid }) => jid)
      return deleteContacts(session, contacts, context)
    })
  },
})

function list(found: readonly RosterItem[], { out }: Context): void {
  for (const [subscription, title] of TITLES) {
    const items = found.filter((item) => item.subscription === subscription)
    if (items.length === 0) continue
    out.line(title)
    for (const { jid, name } of items) out.line(`    ${plain(name === undefined ? jid : `${jid} (${name})`)}`)
  }
}
