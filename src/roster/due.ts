import type { Element } from 'ltx'
import { type Contact, stateOf } from '../core/contact.js'
import { hasFrom, hasPendingIn, hasPendingOut, hasTo } from '../core/state.js'
import type { Send } from '../core/step.js'
import type { Owed } from '../storage/port.js'
import type { Wire } from './wire.js'

/** What of a connection is needed to read what is owed. */
export type Reader = Pick<Wire, 'parse' | 'read'>

type Known = (jid: string) => Contact

/** What was overtaken by a later decision is not sent: above all, nobody is granted what was taken back since. */
export function isDue(wire: Reader, stanza: Element, known: Known): boolean {
  const { type, to } = wire.read(stanza)
  if (to === undefined) return false
  const state = stateOf(known(to))
  switch (type) {
    case 'subscribed':
      return hasFrom(state)
    case 'subscribe':
      return hasPendingOut(state) || hasTo(state)
    case 'unsubscribe':
      return !hasTo(state) && !hasPendingOut(state)
    case 'unsubscribed':
    case 'unavailable':
      return !hasFrom(state) && !hasPendingIn(state)
    default:
      return false
  }
}

/** What another process left, as it is to be sent now; nothing when it was overtaken, or makes no sense. */
export function sendsOf(wire: Reader, { xml }: Owed, known: Known): readonly Send[] {
  const stanza = wire.parse(xml)
  if (stanza === undefined || !isDue(wire, stanza, known)) return []
  const { type, to = '' } = wire.read(stanza)
  switch (type) {
    case 'subscribed':
      // RFC 6121 §3.1.5: who is granted learns the presence; that is not stored, so it goes whenever the grant goes.
      return [
        { type, to, stanza: xml },
        { type: 'presence', to },
      ]
    case 'subscribe':
    case 'unsubscribe':
    case 'unsubscribed':
      return [{ type, to, stanza: xml }]
    case 'unavailable':
      return [{ type, to }]
    default:
      return []
  }
}
