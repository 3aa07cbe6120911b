import { xml } from '@xmpp/client'
import type { Element } from 'ltx/lib/ltx.js'
import { jidOf, type TestEntity } from './entity.js'
import { DOMAIN } from './types.js'

const NS_PING = 'urn:xmpp:ping'
const PREFIX = 'settled-'
const LIMIT_MS = 60_000

let pings = 0

/** Whether a stanza is one of ours, which no recording should show. */
export const isSettling = (stanza: Element): boolean => String(stanza.attrs['id'] ?? '').startsWith(PREFIX)

/** Answers of a living entity that knows no ping: a component of xmpp.js has no handler for it. */
const ANSWERED = ['service-unavailable', 'feature-not-implemented']

const isAnswer = (error: unknown): boolean =>
  error instanceof Error && 'condition' in error && ANSWERED.includes(String(error.condition))

const ping = async (from: TestEntity, to: string, toComponent: boolean): Promise<void> => {
  pings += 1
  const stanza = xml('iq', { type: 'get', to, id: `${PREFIX}${pings}` }, xml('ping', { xmlns: NS_PING }))
  try {
    await from.iqCaller.request(stanza, LIMIT_MS)
  } catch (error) {
    if (toComponent && isAnswer(error)) return
    throw new Error(`No answer to a ping from ${from.jid?.toString()} to ${to}`, { cause: error })
  }
}

const isComponent = (entity: TestEntity): boolean => !jidOf(entity).includes('@')

const round = async (entities: readonly TestEntity[]): Promise<void> => {
  const pairs = entities.flatMap((from) => entities.filter((to) => to !== from).map((to) => [from, to] as const))
  await Promise.all([
    ...entities.map((entity) => ping(entity, DOMAIN, false)),
    ...pairs.map(([from, to]) => ping(from, jidOf(to), isComponent(to))),
  ])
}

/**
 * Resolves when everything has come that the given entities' stanzas, sent before, make the server send among them.
 *
 * A ping to the server proves the little that one session can know. Both servers handle a session's stanzas in order
 * and write to it in order, so the pong comes behind every answer to, and push caused by, what that session sent.
 *
 * It proves nothing about others. Prosody is one thread: by the pong everything is written, to everybody, but the
 * others may not have read it. In ejabberd every session is an Erlang process; what alice sends is handled by hers,
 * which messages bob's, and it is bob's process that answers her probe with his presence. Her pong does not wait for
 * that. Hence the pings from client to client, to full JIDs: those take the way of presence and pushes (alice's
 * process, bob's process, bob's client, and back), and Erlang keeps the order of messages between two processes. So
 * when the ping has come back, bob's client has everything that alice's process sent, and alice has what bob's
 * process answered. Bare JIDs would not do: the server answers for those itself.
 *
 * The second round is for chains (alice's stanza makes bob's process send to carol's): its pings leave after the first
 * round has shown that bob's process has done its part, and so they arrive behind what it sent.
 *
 * What a client sends on its own later, say after a storage has answered, is beyond all pings: use `until` for that.
 */
export const settled = async (...entities: readonly TestEntity[]): Promise<void> => {
  await round(entities)
  if (entities.length > 1) await round(entities)
}
