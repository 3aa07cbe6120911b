import type { RosterItem } from '../../core/item.js'
import type { ContactPresence } from '../../core/presence.js'
import { command } from '../command.js'
import type { Context } from '../context.js'
import { csvLineOf, jsonLineOf, jsonOf } from '../data.js'
import { usage } from '../errors.js'
import { JSON_ARRAY, SUBSCRIPTIONS } from '../options.js'
import { hearPresences } from '../presences.js'
import { pendingOf, type Row, SORT_KEYS, showOf, sorted } from '../rows.js'
import { type Session, withRoster } from '../session.js'
import { printTable } from '../table.js'

const OPTIONS = {
  verbose: { type: 'count', short: 'v', description: 'Show the groups and what is pending; twice: everything' },
  ...JSON_ARRAY,
  jsonl: { type: 'flag', description: 'One JSON object per line' },
  csv: { type: 'flag', description: 'CSV with a line of titles' },
  group: {
    type: 'texts',
    short: 'g',
    value: 'GROUP',
    completes: 'group',
    description: 'Only contacts in this group; "" for those in none',
  },
  subscription: { type: 'choice', values: SUBSCRIPTIONS, description: 'Only contacts with this subscription' },
  online: { type: 'flag', description: 'Only contacts that are online, with what they say' },
  wait: {
    type: 'number',
    value: 'SECONDS',
    min: 0,
    max: 86_400,
    description: 'With --online: how long to wait for presence at the most (default 5)',
  },
  sort: { type: 'choice', values: SORT_KEYS, description: 'Sort by (default jid)' },
} as const

export const get = command({
  name: 'get',
  summary: 'List the contacts',
  details:
    'Sorted and filtered here; the server is asked for nothing but the roster, and for nothing new when nothing has changed.\n' +
    'With --online the account becomes available for a moment, with a negative priority, for that is when servers tell who is there.',
  options: OPTIONS,
  examples: ['get', 'get -v --group Friends --sort name', "get --json | jq -r '.[].jid'", 'get --online'],
  async run(context, { options }) {
    const { json, jsonl, csv } = options
    if ([json, jsonl, csv].filter(Boolean).length > 1) throw usage('Of --json, --jsonl and --csv only one makes sense.')
    const need = options.online ? { hears: '--online' } : { reads: true }
    const rows = await withRoster(context, need, async (session) => {
      const presences = options.online ? await hearPresences(session, context, options.wait ?? 5) : undefined
      return rowsOf(session, presences)
    })
    const wanted = sorted(
      rows.filter(
        ({ item, presence }) =>
          (options.group.length === 0 || options.group.some((group) => isIn(item, group))) &&
          (options.subscription === undefined || item.subscription === options.subscription) &&
          (!options.online || presence?.available === true),
      ),
      options.sort ?? 'jid',
    )
    if (json) context.out.line(jsonOf(wanted.map(dataOf)))
    else if (jsonl) for (const row of wanted) context.out.line(jsonLineOf(dataOf(row)))
    else if (csv) printCsv(wanted, context)
    else printRows(wanted, options.verbose, context)
    return undefined
  },
})

const isIn = ({ groups }: RosterItem, group: string): boolean =>
  group === '' ? groups.length === 0 : groups.includes(group)

function rowsOf({ own }: Session, presences: ReadonlyMap<string, ContactPresence> | undefined): readonly Row[] {
  return [...own.values()].map((item) => ({ item, presence: presences?.get(item.jid) }))
}

/** What other programs get: every field, always. */
function dataOf({ item, presence }: Row): object {
  const { jid, name, groups, state, subscription, pendingOut, pendingIn, approved } = item
  const data = { jid, name: name ?? null, groups, state, subscription, pendingOut, pendingIn, approved }
  if (presence === undefined) return data
  const resources = [...presence.resources.values()].map(({ resource, show, status, priority, since }) => {
    return { resource, show: show ?? null, status: status ?? null, priority, since }
  })
  return { ...data, available: presence.available, resources }
}

function printCsv(rows: readonly Row[], { out }: Context): void {
  out.line(csvLineOf(['jid', 'name', 'subscription', 'pending', 'approved', 'groups', 'show', 'status']))
  for (const { item, presence } of rows) {
    const said = presence?.best
    const cells = [
      item.jid,
      item.name ?? '',
      item.subscription,
      pendingOf(item),
      String(item.approved),
      item.groups.join(';'),
    ]
    out.line(csvLineOf([...cells, showOf(presence), said?.status ?? '']))
  }
}

type Column = readonly [title: string, cell: (row: Row) => string]

function printRows(rows: readonly Row[], verbose: number, { out }: Context): void {
  const hasPresence = rows.some(({ presence }) => presence !== undefined)
  const columns: readonly Column[] = [
    ['JID', ({ item }) => item.jid],
    ['NAME', ({ item }) => item.name ?? ''],
    ['SUBSCRIPTION', ({ item }) => item.subscription],
    ...columnsIf(
      verbose > 0,
      ['PENDING', ({ item }) => pendingOf(item)],
      ['GROUPS', ({ item }) => item.groups.join(', ')],
    ),
    ...columnsIf(verbose > 1, ['APPROVED', ({ item }) => (item.approved ? 'yes' : '')]),
    ...columnsIf(
      hasPresence,
      ['SHOW', (row) => showOf(row.presence)],
      ['STATUS', (row) => row.presence?.best?.status ?? ''],
    ),
    ...columnsIf(hasPresence && verbose > 1, [
      'RESOURCES',
      (row) => [...(row.presence?.resources.keys() ?? [])].join(', '),
    ]),
  ]
  const titles = columns.map(([title]) => title)
  printTable(
    out,
    titles,
    rows.map((row) => columns.map(([, cell]) => cell(row))),
  )
}

const columnsIf = (shown: boolean, ...columns: readonly Column[]): readonly Column[] => (shown ? columns : [])
