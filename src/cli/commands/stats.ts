import type { RosterStats } from '../../admin.js'
import { command } from '../command.js'
import type { Context } from '../context.js'
import { jsonOf } from '../data.js'
import { withRoster } from '../session.js'
import { plain } from '../text.js'

export const stats = command({
  name: 'stats',
  summary: 'Count contacts, subscriptions and groups',
  options: { json: { type: 'flag', description: 'One JSON object' } },
  examples: ['stats', 'stats --json'],
  async run(context, { options }) {
    const figures = await withRoster(context, { reads: true }, async ({ own }) => {
      const admin = await import('../../admin.js')
      return admin.stats(own.values())
    })
    if (options.json) {
      const { hosts, groups, ...numbers } = figures
      const data = { ...numbers, hosts: Object.fromEntries(hosts), groups: Object.fromEntries(groups) }
      context.out.line(jsonOf(data))
    } else print(figures, context)
    return undefined
  },
})

function print(figures: RosterStats, { out }: Context): void {
  const { contacts, hosts, groups } = figures
  const lines: readonly (readonly [string, number | string])[] = [
    ['Contacts', contacts],
    ['Hosts', hosts.size],
    ...[...hosts].map(([host, count]) => [`  on ${plain(host)}`, `${count} (${shareOf(count, contacts)})`] as const),
    ['Subscribed both ways (both)', figures.both],
    ["Only you see theirs, no 'from' (to)", figures.toOnly],
    ["Only they see yours, no 'to' (from)", figures.fromOnly],
    ['Not subscribed at all (none)', figures.none],
    ['You asked and wait', figures.pendingOut],
    ['Groups', groups.size],
    ...[...groups].map(([group, count]) => [`  in ${plain(group)}`, count] as const),
    ['In no group', figures.ungrouped],
    ['Contacts per group', figures.contactsPerGroup.toFixed(1)],
    ['Groups per contact', figures.groupsPerContact.toFixed(1)],
  ]
  for (const [what, figure] of lines) out.line(`${what}: ${figure}`)
}

const shareOf = (count: number, all: number): string => `${((100 * count) / all).toFixed(1)}%`
