import type { RosterPlan } from '../../admin.js'
import { command } from '../command.js'
import { fileInvalid } from '../errors.js'
import { readText, type Text } from '../files.js'
import { FORCE, RATE } from '../options.js'
import { printPlan, sizeOf } from '../plan-view.js'
import { carryOut } from '../planning.js'
import { confirm } from '../prompt.js'
import { withRoster } from '../session.js'
import { amountOf } from '../text.js'
import { invalidIn } from '../wanted.js'

const OPTIONS = { ...RATE, ...FORCE } as const

export const apply = command({
  name: 'apply',
  summary: 'Carry a plan out',
  details:
    'Shows the plan, and asks if it removes contacts. It adds first and removes last; what is there already counts as done. So when it\n' +
    'was stopped or something failed, the same command goes on. When all is done, what was wanted is the --base of the next plan.\n' +
    'A plan that cannot be read, or has a field that plans do not have, is refused as a whole (exit code 2).',
  arguments: [{ name: 'FILE', description: 'What "plan" wrote; - for the standard input', completes: 'file' }],
  options: OPTIONS,
  examples: ['apply plan.json', 'apply -f --rate 10 plan.json', 'plan staff.json --json | xmpp-roster apply -f -'],
  async run(context, { options, words: [path = ''] }) {
    const plan = await planIn(await readText(path, context))
    printPlan(context.out, plan)
    if (sizeOf(plan) === 0) return undefined
    if (!options.force && plan.remove.length > 0)
      await confirm(`Remove ${amountOf(plan.remove.length, 'contact')}?`, context)
    return withRoster(context, {}, (session) => carryOut('Applying', plan, session, options.rate, context))
  },
})

/** @throws {CommandError} `FILE_INVALID` */
async function planIn(file: Text): Promise<RosterPlan> {
  const { parsePlan } = await import('../../admin.js')
  let json: unknown
  try {
    json = JSON.parse(file.text)
  } catch (cause) {
    throw fileInvalid(`${file.where} is no JSON.`, cause)
  }
  try {
    return parsePlan(json)
  } catch (cause) {
    throw invalidIn(file, cause)
  }
}
