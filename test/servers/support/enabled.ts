import type { Element } from 'ltx/lib/ltx.js'
import type { TestEntity } from './entity.js'

const NS_SM = 'urn:xmpp:sm:3'

/**
 * Begins to watch a client that is about to start; the returned function waits until stream management is on, where
 * the server offers it.
 *
 * xmpp.js is `online` before that, and sets its count of incoming stanzas to zero some microtasks after `<enabled/>`.
 * Stanzas that come in one packet with it are counted, acknowledged and forgotten: the next acknowledgement is lower
 * than the last, and Prosody ends the session ("handled -2 new stanzas"). A test that sends presence right after
 * `online`, to contacts who answer, fails every other time.
 */
export const watchStreamManagement = (entity: TestEntity): (() => Promise<void>) => {
  let offered = false
  let answer = (): void => undefined
  const answered = new Promise<void>((resolve) => {
    // A turn of the event loop later, all microtasks are done.
    answer = () => void setImmediate(resolve)
  })
  const listener = (nonza: Element): void => {
    if (nonza.getChild('sm', NS_SM) !== undefined) offered = true
    if (!nonza.is('enabled', NS_SM) && !nonza.is('failed', NS_SM)) return
    entity.removeListener('nonza', listener)
    answer()
  }
  entity.on('nonza', listener)
  return async () => {
    if (offered) await answered
    entity.removeListener('nonza', listener)
  }
}
