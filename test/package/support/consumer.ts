/** The program of somebody who installed the package: it must compile under every setting that `consumer.test.ts` tries. */
export const CONSUMER = `
import { RosterError, type RosterErrorCode, type Subscription, type SubscriptionState } from 'xmpp-roster'

const pending: SubscriptionState = 'none+out'
const subscription: Subscription = 'both'

export function explain(error: unknown): RosterErrorCode | undefined {
  return error instanceof RosterError ? error.code : undefined
}

export const told: string = \`\${pending} \${subscription} \${explain(new RosterError('CLOSED', 'Gone.'))}\`

// @ts-expect-error: the types are exact, not any
export const wrong: SubscriptionState = 'both+out'
`

/** The same in JavaScript, printing what it found. */
export const PROGRAM = `
const { RosterError } = await import('xmpp-roster')
console.log(new RosterError('CLOSED', 'Gone.').code)
`
