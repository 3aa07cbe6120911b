import { randomUUID } from 'node:crypto'
import type { Element } from 'ltx'
import { createElement } from 'ltx/lib/ltx.js'
import { type Clock, wakefulClock } from '../core/clock.js'
import type { CallOptions } from '../roster/options.js'
import { waitFor } from '../roster/waiting.js'
import type { XmppEntity } from '../xmpp/entity.js'

const NS_PING = 'urn:xmpp:ping'
const NS_INFO = 'http://jabber.org/protocol/disco#info'

/** What the server says to a question; `undefined`: it does not answer that. */
async function ask(
  entity: XmppEntity,
  payload: Element,
  to: string | undefined,
  call: CallOptions,
  clock: Clock,
): Promise<Element | undefined> {
  const iq = createElement('iq', { type: 'get', id: randomUUID(), ...(to === undefined ? {} : { to }) }, payload)
  const answered = entity.iqCaller.request(iq, call.timeout).catch((cause: unknown) => {
    if (cause instanceof Error && cause.name === 'StanzaError') return undefined
    throw cause
  })
  return waitFor(answered, call, clock, 'The server')
}

/** XEP-0199. Resolves when the server has handled what was sent before; what it answers does not matter. */
export async function ping(entity: XmppEntity, call: CallOptions, clock: Clock = wakefulClock): Promise<void> {
  await ask(entity, createElement('ping', { xmlns: NS_PING }), undefined, call, clock)
}

/** What somebody says of itself. */
export interface Disco {
  readonly features: ReadonlySet<string>
  /** `category/type`. */
  readonly identities: ReadonlySet<string>
}

/** XEP-0030. Where nobody answers there are no features and no identities. */
export async function discover(
  entity: XmppEntity,
  to: string,
  node: string | undefined,
  call: CallOptions,
  clock: Clock = wakefulClock,
): Promise<Disco> {
  const question = createElement('query', { xmlns: NS_INFO, ...(node === undefined ? {} : { node }) })
  const query = (await ask(entity, question, to, call, clock))?.getChild('query', NS_INFO)
  const children = (name: string): readonly Element[] => query?.getChildren(name, NS_INFO) ?? []
  return {
    features: new Set(children('feature').map(({ attrs }) => String(attrs['var']))),
    identities: new Set(children('identity').map(({ attrs }) => `${attrs['category']}/${attrs['type']}`)),
  }
}
