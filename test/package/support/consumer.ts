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

/** The tests of somebody who installed the package. */
export const TESTS = `
import { MemoryStorage, Roster, type RosterStorage, type XmppEntity } from 'xmpp-roster'
import {
  type ContractRunner,
  faultyStorage,
  type ManualClock,
  manualClock,
  type StorageFault,
  storageContract,
} from 'xmpp-roster/testing'

export const clock: ManualClock = manualClock(Date.UTC(2026, 0, 1))

let commits = 0
const fault: StorageFault = { delay: 100, when: 'after' }
export const storage: RosterStorage = faultyStorage(
  new MemoryStorage(),
  ({ n, method }) => (n > 3 && method === 'commit' && ++commits === 2 ? 'fail-after' : fault),
  { clock },
)

declare const entity: XmppEntity
declare const runner: ContractRunner

export async function play(): Promise<number> {
  const roster = new Roster(entity, { storage, clock })
  await clock.advance(1_000)
  await roster.close()
  return clock.waiting
}

storageContract(runner, async (name: string) => (name === '' ? storage : new MemoryStorage()))

// @ts-expect-error: there is no such method
export const misread = faultyStorage(storage, ({ method }) => (method === 'comit' ? 'fail-before' : undefined))

// @ts-expect-error: a runner has both
storageContract({ describe: runner.describe }, async () => storage)
`

/** The same in JavaScript, printing what it found. */
export const PROGRAM = `
const { RosterError } = await import('xmpp-roster')
console.log(new RosterError('CLOSED', 'Gone.').code)
`

/** Tests in JavaScript, for the runner that Node.js has: an adapter's whole file. */
export const CONTRACT = `
import { describe, test } from 'node:test'
import { MemoryStorage } from 'xmpp-roster'
import { storageContract } from 'xmpp-roster/testing'

const storages = new Map()
storageContract({ describe, test }, async (name) => {
  const storage = storages.get(name) ?? new MemoryStorage()
  storages.set(name, storage)
  return storage
})
`
