import type { RosterItem } from '../../core/item.js'
import { command } from '../command.js'
import type { Context } from '../context.js'
import { csvLineOf } from '../data.js'
import { exportLines } from '../export-format.js'
import { writeWhole } from '../files.js'
import { OUT } from '../options.js'
import { sorted } from '../rows.js'
import { withRoster } from '../session.js'

const OPTIONS = {
  csv: { type: 'flag', description: 'CSV with a line of titles, for spreadsheets: "import" cannot read it' },
  ...OUT,
} as const

/** Named so that `export` can be a command. */
export const exported = command({
  name: 'export',
  summary: 'Write the roster down, to keep it or to take it elsewhere',
  details:
    'JSON Lines: the first line says what it is ("format", "version", "owner", "exported"), each further one is a contact, and the\n' +
    'last one counts them ("items"), so that "import" knows a file that was cut off.',
  options: OPTIONS,
  examples: ['export -o roster.jsonl', 'export --csv > roster.csv'],
  async run(context, { options }) {
    const lines = await withRoster(context, { reads: true }, async ({ own }) => {
      const items = sorted(
        [...own.values()].map((item) => ({ item, presence: undefined })),
        'jid',
      ).map(({ item }) => item)
      const time = new Date(context.world.clock.now()).toISOString()
      return options.csv ? csvLines(items) : exportLines({ owner: own.owner, exported: time, items })
    })
    await write(lines, options.out, context)
    return undefined
  },
})

async function write(lines: readonly string[], path: string | undefined, { out }: Context): Promise<void> {
  if (path === undefined || path === '-') for (const line of lines) out.line(line)
  else await writeWhole(path, lines.map((line) => `${line}\n`).join(''))
}

const csvLines = (items: readonly RosterItem[]): readonly string[] => [
  csvLineOf(['jid', 'name', 'groups', 'subscription', 'pendingOut', 'pendingIn', 'approved']),
  ...items.map(({ jid, name, groups, subscription, pendingOut, pendingIn, approved }) =>
    csvLineOf([
      ...[jid, name ?? '', groups.join(';'), subscription],
      ...[pendingOut, pendingIn, approved].map((one) => String(one)),
    ]),
  ),
]
