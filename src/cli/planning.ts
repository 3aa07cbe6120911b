import type { MaxRemovals, PlanOptions, RosterPlan } from '../admin.js'
import { showBulk } from './bulk.js'
import type { Values } from './command.js'
import type { Context } from './context.js'
import { usage } from './errors.js'
import type { Session } from './session.js'

/** What a file of contacts may take away. */
export const REMOVALS = {
  owns: {
    type: 'texts',
    value: 'GROUP',
    completes: 'group',
    description: 'Contacts in this group are there by the file alone: those that it does not have are removed',
  },
  mirror: {
    type: 'flag',
    description: 'All contacts are there by the file alone: those that it does not have are removed',
  },
  'max-removals': {
    type: 'text',
    value: 'N|N%',
    description: 'Refuse a plan that removes more than N, or more than that share of what it could (default 50%)',
  },
} as const

/** @throws {CommandError} `USAGE` */
export function removalsOf(options: Values<typeof REMOVALS>): Omit<PlanOptions, 'base'> {
  const { owns, mirror } = options
  if (mirror && owns.length > 0) throw usage('Of --mirror and --owns only one makes sense.')
  const most = options['max-removals']
  const groups = new Set(owns)
  return {
    ...(most === undefined ? {} : { maxRemovals: limitIn(most) }),
    ...(mirror ? { owns: () => true } : {}),
    ...(groups.size === 0 ? {} : { owns: (item) => item.groups.some((group) => groups.has(group)) }),
  }
}

function limitIn(text: string): MaxRemovals {
  if (/^\d+$/.test(text)) return Number(text)
  if (/^\d{1,3}(\.\d+)?%$/.test(text) && Number.parseFloat(text) <= 100) return text as `${number}%`
  throw usage('--max-removals is a number, or a share such as 10%.')
}

/** Carries a plan out on the roster of a session, and shows how far it comes; resolves with the exit code. */
export async function carryOut(
  title: string,
  plan: RosterPlan,
  { own, call, settle }: Session,
  rate: number | undefined,
  context: Context,
): Promise<number> {
  const { applyPlan } = await import('../admin.js')
  const total = plan.add.length + plan.update.length + plan.remove.length
  const work = (options: Parameters<typeof applyPlan>[2]): ReturnType<typeof applyPlan> => applyPlan(own, plan, options)
  const code = await showBulk(context, { title, total, signal: call.signal, rate, work })
  // Subscription stanzas are not answered: what the server has not read yet would be lost with the connection.
  await settle()
  return code
}
