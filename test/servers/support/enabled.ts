import type { Element } from 'ltx/lib/ltx.js'
import type { TestEntity } from './entity.js'

const NS_SM = 'urn:xmpp:sm:3'

/**
 * Watches the stream management of a client that is about to start, for as long as it lives; the returned function
 * waits until it is on in the current stream, where the server offers it.
 *
 * xmpp.js is `online` before that, and sets its count of incoming stanzas to zero some microtasks after `<enabled/>`.
 * Stanzas that come in one packet with it are counted, acknowledged and forgotten: the next acknowledgement is lower
 * than the last, and Prosody ends the session ("handled -2 new stanzas"). After a reconnect it counts on from the last
 * stream until then: an acknowledgement is too high, and ejabberd ends the session. A client that sends presence right
 * after `online`, to contacts who answer, loses its session every other time.
 */
export const watchStreamManagement = (entity: TestEntity): (() => Promise<void>) => {
  let managed = Promise.resolve()
  let answer = (): void => undefined
  let isBound = false
  entity.on('nonza', (nonza: Element): void => {
    if (nonza.getChild('sm', NS_SM) !== undefined) {
      isBound = false
      managed = new Promise((resolve) => {
        answer = resolve
      })
    }
    // Before there is a session, `failed` answers a resumption: a new session follows.
    if (!nonza.is('enabled', NS_SM) && !(nonza.is('failed', NS_SM) && isBound)) return
    // A turn of the event loop later, all microtasks are done.
    setImmediate(answer)
  })
  entity.on('online', () => {
    isBound = true
  })
  return () => managed
}
