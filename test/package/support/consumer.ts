/** The program of somebody who installed the package: it must compile under every setting that `consumer.test.ts` tries. */
export const CONSUMER = `
import {
  domains,
  firstOf,
  type OwnerRoster,
  Roster,
  RosterError,
  type RosterErrorCode,
  type RosterEvent,
  type RosterItem,
  type Subscription,
  type SubscriptionState,
  type XmppEntity,
} from 'xmpp-roster'

const pending: SubscriptionState = 'none+out'
const subscription: Subscription = 'both'

export function explain(error: unknown): RosterErrorCode | undefined {
  return error instanceof RosterError ? error.code : undefined
}

export const told: string = \`\${pending} \${subscription} \${explain(new RosterError('CLOSED', 'Gone.'))}\`

declare const entity: XmppEntity

export function make(): Roster {
  const roster = new Roster(entity, {
    autoAuthorize: firstOf(domains(['example.com'], 'authorize'), async (ask, { signal }) => {
      signal.throwIfAborted()
      return ask.nick === undefined ? null : 'defer'
    }),
    presence: { show: 'chat', status: 'Here' },
  })
  roster.on('online', ({ owner, contact, presence }) => told.concat(owner, contact, presence.resource))
  roster.on('subscribe', async (request) => void (await request.deny({ status: 'Sorry' })))
  return roster
}

export async function change(own: OwnerRoster, signal: AbortSignal): Promise<RosterItem> {
  for (const [contact, item] of own) told.concat(contact, item.name ?? '')
  return own.update('juliet@example.com', { groups: { add: ['Lovers'] } }, { signal, timeout: 1_000 })
}

export async function watch(signal: AbortSignal): Promise<RosterEvent | undefined> {
  const roster: Roster = make()
  for await (const { type, event } of roster.events({ types: ['online', 'added'], signal })) {
    if (type === 'added') told.concat(event.item.jid)
    else told.concat(event.presence.resource)
  }
  const dispose: () => Promise<void> = () => roster[Symbol.asyncDispose]()
  await dispose()
  return undefined
}

// @ts-expect-error: a misspelt event is found
export const misheard = make().on('onlien', () => undefined)

// @ts-expect-error: a misspelt option is found
export const misread = new Roster(entity, { autoAuthorise: true })

// @ts-expect-error: the types are exact, not any
export const wrong: SubscriptionState = 'both+out'
`

/** The same in JavaScript, printing what it found. */
export const PROGRAM = `
const { RosterError } = await import('xmpp-roster')
console.log(new RosterError('CLOSED', 'Gone.').code)
`
