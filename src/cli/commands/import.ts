import type { RosterPlan, WantedContact } from '../../admin.js'
import { command } from '../command.js'
import { type Exported, parseExport } from '../export-format.js'
import { readText } from '../files.js'
import { FORCE, RATE } from '../options.js'
import { printPlan, sizeOf } from '../plan-view.js'
import { carryOut, REMOVALS, removalsOf } from '../planning.js'
import { confirm } from '../prompt.js'
import { type Session, withRoster } from '../session.js'
import { additive, wantedOf } from '../wanted.js'

const OPTIONS = {
  'dry-run': { type: 'flag', description: 'Only show what would be done' },
  'no-subscriptions': { type: 'flag', description: 'Names and groups alone' },
  ...REMOVALS,
  ...RATE,
  ...FORCE,
} as const

/** Named so that `import` can be a command. */
export const imported = command({
  name: 'import',
  summary: 'Bring a roster to what an export says',
  details:
    'Shows what is to be done, and asks. Nothing is taken away unless --mirror or --owns says so: contacts that the file does not\n' +
    'have stay, and so do names, groups and subscriptions that it lacks. Subscriptions are what the owner can do for them: contacts\n' +
    'are asked, and their requests granted in advance; servers that cannot do that make such contacts fail when all else is done.\n' +
    'A file that was cut off, or has a line that is not as it should be, is refused as a whole (exit code 2).',
  arguments: [{ name: 'FILE', description: 'What "export" wrote; - for the standard input', completes: 'file' }],
  options: OPTIONS,
  examples: [
    'import roster.jsonl',
    'import --dry-run roster.jsonl',
    'import -f - < roster.jsonl',
    'import --mirror roster.jsonl',
  ],
  async run(context, { options, words: [path = ''] }) {
    const limits = removalsOf(options)
    const exported = parseExport(await readText(path, context))
    const dryRun = options['dry-run']
    return withRoster(context, { reads: dryRun }, async (session) => {
      const { planRoster } = await import('../../admin.js')
      const wanted = wishes(exported, session, { exact: options.mirror, subscriptions: !options['no-subscriptions'] })
      const plan = planRoster(session.own.values(), wanted, { owner: session.own.owner, ...limits })
      printPlan(context.out, plan)
      if (dryRun || sizeOf(plan) === 0) return undefined
      if (!options.force) await confirm(questionOf(plan, session), context)
      return carryOut('Importing', plan, session, options.rate, context)
    })
  },
})

interface Kind {
  /** What is empty in the file becomes empty. */
  readonly exact: boolean
  readonly subscriptions: boolean
}

const wishes = ({ items }: Exported, { own }: Session, kind: Kind): readonly WantedContact[] =>
  items.map((item) => {
    const whole = wantedOf(item)
    const { subscription, ...rest } = kind.exact ? whole : additive(whole, own.get(item.jid))
    return kind.subscriptions && subscription !== undefined ? { ...rest, subscription } : rest
  })

const questionOf = (plan: RosterPlan, { own }: Session): string =>
  `Make these ${sizeOf(plan)} changes in the roster of ${own.owner}?`
