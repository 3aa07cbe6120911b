import type { SubscriptionState } from '../../../src/index.js'
import type { Command } from './messages.js'
import { oneOf } from './random.js'

/** How far one of two has come towards seeing the other. */
type Bond = 'none' | 'asked' | 'granted'

/** An owner of the component and a person: what the person sees of the owner, and the owner of the person. */
export interface Pair {
  readonly there: Bond
  readonly back: Bond
}

export const STRANGERS: Pair = { there: 'none', back: 'none' }

/** What one of them does. */
export interface Step {
  readonly who: 'person' | 'owner'
  /** Which person. */
  readonly person: string
  readonly does: Command | 'returns'
  /** An owner that grants, and takes it back: at once, or, if it dies over it, in its next life before it is connected. */
  readonly regrets?: true
  readonly leadsTo: Pair
}

/** What the person may do, and what comes of it; `accepts`: the owner grants at once, and asks back. */
const PERSON: Readonly<Record<Step['does'], (pair: Pair, accepts: boolean) => Pair | undefined>> = {
  subscribe: ({ there, back }, accepts) => {
    if (there !== 'none') return undefined
    return accepts ? { there: 'granted', back: back === 'none' ? 'asked' : back } : { there: 'asked', back }
  },
  unsubscribe: ({ there, back }) => (there === 'none' ? undefined : { there: 'none', back }),
  authorize: ({ there, back }) => (back === 'asked' ? { there, back: 'granted' } : undefined),
  unauthorize: ({ there, back }) => (back === 'none' ? undefined : { there, back: 'none' }),
  returns: (pair) => pair,
}

const OWNER: Readonly<Record<Command, (pair: Pair) => Pair | undefined>> = {
  subscribe: ({ there, back }) => (back === 'none' ? { there, back: 'asked' } : undefined),
  unsubscribe: ({ there, back }) => (back === 'none' ? undefined : { there, back: 'none' }),
  authorize: ({ there, back }) => (there === 'asked' ? { there: 'granted', back } : undefined),
  unauthorize: ({ there, back }) => (there === 'none' ? undefined : { there: 'none', back }),
}

/** A conversation of so many steps between an owner and these people; nobody speaks out of turn. */
export function writeScript(
  random: (below: number) => number,
  people: readonly string[],
  length: number,
  accepts: boolean,
): readonly Step[] {
  const pairs = new Map(people.map((person) => [person, STRANGERS]))
  return Array.from({ length }, () => {
    const person = oneOf(random, people)
    const step = oneOf(random, stepsFrom(pairs.get(person) ?? STRANGERS, person, accepts))
    pairs.set(person, step.leadsTo)
    return step
  })
}

function stepsFrom(pair: Pair, person: string, accepts: boolean): readonly Step[] {
  const step = (who: Step['who'], does: string, leadsTo: Pair | undefined): readonly Step[] =>
    leadsTo === undefined ? [] : [{ who, person, does: does as Step['does'], leadsTo }]
  return [
    ...Object.entries(PERSON).flatMap(([does, from]) => step('person', does, from(pair, accepts))),
    ...Object.entries(OWNER).flatMap(([does, from]) => step('owner', does, from(pair))),
    ...(pair.there === 'asked' ? regrets(pair, person) : []),
  ]
}

/** As often as everything else together: here a grant that waits to be sent may be one no more when it is. */
const regrets = ({ back }: Pair, person: string): readonly Step[] =>
  Array.from({ length: 6 }, () => ({
    who: 'owner',
    person,
    does: 'authorize',
    regrets: true,
    leadsTo: { there: 'none', back },
  }))

/** RFC 6121 appendix A.1: `out` is what this side sees of the other, `inward` what the other sees of it. */
export function stateOf(out: Bond, inward: Bond): SubscriptionState {
  if (out === 'granted' && inward === 'granted') return 'both'
  if (out === 'granted') return inward === 'asked' ? 'to+in' : 'to'
  if (inward === 'granted') return out === 'asked' ? 'from+out' : 'from'
  if (out === 'asked') return inward === 'asked' ? 'none+out+in' : 'none+out'
  return inward === 'asked' ? 'none+in' : 'none'
}
