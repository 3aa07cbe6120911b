import type { Element } from 'ltx'
import type { XmppEntity } from '../xmpp/entity.js'

const NS_SM = 'urn:xmpp:sm:3'
const STANZAS = ['iq', 'message', 'presence']

/**
 * Says to the server how many stanzas have come (XEP-0198 §4). xmpp.js leaves out the answers to its own questions, so that in
 * the end the server takes as many of the last stanzas for lost, and returns them: a contact's presence to the contact, as an
 * error. For a connection that is never resumed.
 */
export function countStanzas(entity: XmppEntity): void {
  const management = entity.streamManagement
  if (typeof management !== 'object' || management === null) return
  let handled = 0
  entity.on('element', (element: Element) => {
    if (isBeginning(element)) handled = 0
    else if (STANZAS.includes(element.name)) handled += 1
  })
  Object.defineProperty(management, 'inbound', { get: () => handled, set: () => undefined })
}

/** What comes behind it is counted. It may stand in the answer to the login (XEP-0388). */
const isBeginning = (element: Element): boolean =>
  (element.name === 'enabled' && element.attrs['xmlns'] === NS_SM) ||
  (element.name === 'success' && element.getChildByAttr('xmlns', NS_SM, undefined, true) !== undefined)
