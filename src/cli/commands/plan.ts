import { command } from '../command.js'
import type { Context } from '../context.js'
import { jsonOf } from '../data.js'
import { readText, writeWhole } from '../files.js'
import { OUT } from '../options.js'
import { printPlan } from '../plan-view.js'
import { REMOVALS, removalsOf } from '../planning.js'
import { withRoster } from '../session.js'
import { parseWantedText } from '../wanted.js'

const OPTIONS = {
  base: {
    type: 'text',
    value: 'FILE',
    completes: 'file',
    description: 'What was wanted when a plan was last applied in full: what the owner has changed since stays',
  },
  ...REMOVALS,
  json: { type: 'flag', description: 'The plan as JSON, as "apply" reads it' },
  ...OUT,
} as const

export const plan = command({
  name: 'plan',
  summary: 'Compare the roster with contacts that are wanted; nothing is sent',
  details:
    'Wanted contacts are a JSON array, or an object in each line: {"jid": "romeo@example.net", "name": "Romeo", "groups": ["Friends"],\n' +
    '"subscription": "both"}; what is left out is left as it is. An export does as well. The owner may be among them: nobody becomes a\n' +
    'contact of their own. The plan says + to add, ~ to change, - to remove, and ! for what it leaves to you. Only contacts that --base,\n' +
    '--owns or --mirror names are ever removed. A file that cannot be read is exit code 2, a plan that would remove too much is 1.',
  arguments: [
    { name: 'FILE', description: 'The contacts that are wanted; - for the standard input', completes: 'file' },
  ],
  options: OPTIONS,
  examples: [
    'plan staff.json -o plan.json',
    'plan staff.json --base applied.json --max-removals 10%',
    'plan staff.jsonl --owns Staff --json | jq .remove',
  ],
  async run(context, { options, words: [path = ''] }) {
    const limits = removalsOf(options)
    const wanted = await wantedIn(path, context)
    const base = options.base === undefined ? {} : { base: await wantedIn(options.base, context) }
    const made = await withRoster(context, { reads: true }, async ({ own }) => {
      const { planRoster } = await import('../../admin.js')
      return planRoster(own.values(), wanted, { owner: own.owner, ...limits, ...base })
    })
    const json = jsonOf(made)
    const isToOutput = options.json || options.out === '-'
    if (options.out !== undefined && options.out !== '-') await writeWhole(options.out, `${json}\n`)
    if (isToOutput) context.out.line(json)
    else printPlan(context.out, made)
    return undefined
  },
})

const wantedIn = async (path: string, context: Context): ReturnType<typeof parseWantedText> =>
  parseWantedText(await readText(path, context))
