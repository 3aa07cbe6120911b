import type { Roster, RosterEvent } from '../../src/index.js'

const TYPES = [
  'loaded',
  'added',
  'updated',
  'removed',
  'subscribe',
  'subscribed',
  'unsubscribe',
  'unsubscribed',
  'failed',
  'transition',
  'online',
  'offline',
  'presence',
  'rejected',
  'error',
] as const

/** One event in a few words. */
function inWords(told: RosterEvent): string {
  switch (told.type) {
    case 'loaded':
      return `loaded ${told.event.roster.size} items`
    case 'added':
    case 'removed':
      return `${told.type} ${told.event.item.jid}`
    case 'updated':
      return `updated ${told.event.item.jid}`
    case 'subscribe':
      return `subscribe ${told.event.contact}: ${told.event.decision}`
    case 'subscribed':
    case 'unsubscribe':
    case 'unsubscribed':
      return `${told.type} ${told.event.contact}, was ${told.event.previous}`
    case 'failed':
      return `failed ${told.event.contact}: ${told.event.condition}`
    case 'transition':
      return `${told.event.contact} ${told.event.before} > ${told.event.after} by ${told.event.cause}`
    case 'online':
      return `online ${told.event.contact}`
    case 'offline':
      return `offline ${told.event.contact}`
    case 'presence':
      return `presence ${told.event.contact}/${told.event.resource} ${told.event.presence === undefined ? 'left' : (told.event.presence.show ?? 'available')}`
    case 'rejected':
      return `rejected ${told.event.error.code}`
    case 'error':
      return `error ${told.event.code}`
  }
}

/** Everything that a roster tells, in its order. */
export class EventLog {
  readonly events: RosterEvent[] = []
  readonly #words: string[] = []

  constructor(roster: Roster) {
    for (const type of TYPES) roster.on(type, (event: unknown) => this.#note({ type, event } as RosterEvent))
  }

  /** The words are those of the moment. */
  #note(told: RosterEvent): void {
    this.events.push(told)
    this.#words.push(inWords(told))
  }

  /** In words, since the last look. */
  take(): readonly string[] {
    this.events.length = 0
    return this.#words.splice(0)
  }

  /** The events of one type since the last look. */
  of<K extends RosterEvent['type']>(type: K): readonly RosterEvent<K>['event'][] {
    const isOne = (told: RosterEvent): told is Extract<RosterEvent, { type: K }> => told.type === type
    return this.events.filter(isOne).map(({ event }) => event)
  }
}
