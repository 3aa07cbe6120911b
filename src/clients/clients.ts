import { type Clock, wakefulClock } from '../core/clock.js'
import { RosterError } from '../core/errors.js'
import { bareJid } from '../core/jid.js'
import type { CallOptions } from '../roster/options.js'
import { attr } from '../xmpp/codec.js'
import { kindOf, type XmppEntity } from '../xmpp/entity.js'
import type { ClientAccess, Revocation } from './access.js'
import { listElement, readClients, readOutcome, refusalOf, revokeElement } from './codec.js'
import { Questions } from './questions.js'

/** What {@link Clients} can be told. */
export interface ClientsOptions {
  /** Time, for tests. Default: the real one. */
  readonly clock?: Clock
}

/**
 * What has access to an account, and how to end it: Prosody's client management (the community module
 * `mod_client_management`, namespace `xmpp:prosody.im/protocol/manage-clients`).
 *
 * Servers do not announce it: whether it is there turns out by asking. It listens to the connection only while a call is
 * open, so there is nothing to close. Only the account's own server is heard; an answer from anybody else is ignored.
 *
 * @example
 * ```ts
 * import { client } from '@xmpp/client'
 * import { Clients } from 'xmpp-roster/clients'
 *
 * const xmpp = client({ service: 'xmpps://example.com', username: 'juliet', password: 'secret' })
 * await xmpp.start()
 * const clients = new Clients(xmpp)
 * for (const { id, connected, software, device, lastSeen } of await clients.list()) {
 *   console.log(connected ? '*' : ' ', JSON.stringify({ id, software, device }), lastSeen?.toISOString() ?? 'never seen')
 * }
 * const outcome = await clients.revoke('grant/2f6a')
 * if (outcome === 'password-reset-required') console.log('It knows the password: change that')
 * ```
 */
export class Clients {
  readonly #entity: XmppEntity
  readonly #clock: Clock
  readonly #questions: Questions

  /** @param entity a client of xmpp.js, connected or not yet */
  constructor(entity: XmppEntity, options: ClientsOptions = {}) {
    this.#entity = entity
    this.#clock = options.clock ?? wakefulClock
    this.#questions = new Questions(entity, this.#clock)
  }

  /**
   * All clients that have access, in the server's order (Prosody: who was seen longest ago comes first). Resolves when the
   * server has answered, with a frozen array. Nothing is changed, whatever is thrown.
   *
   * @param options `timeout` in milliseconds, default 30 000. A connection that is cut and can be resumed (XEP-0198) is
   * waited for within that time.
   * @throws {RosterError} `UNSUPPORTED` where the server does not have it (`service-unavailable`), and for a component;
   * `REFUSED` with its `condition` when the server will not tell (`forbidden`) or cannot (`internal-server-error`);
   * `NOT_CONNECTED` when there is no session, or it ended before the answer; `TIMED_OUT`; `STANZA_INVALID` for an
   * answer that is no list
   */
  async list(options: CallOptions = {}): Promise<readonly ClientAccess[]> {
    this.#checkEntity()
    const reply = await this.#questions.get(listElement(), options)
    if (attr(reply, 'type') === 'error') throw refusalOf(reply, this.#account(), 'list the clients')
    return readClients(reply, this.#clock.now())
  }

  /**
   * Ends the access of a client. Resolves when the server has answered with what came of it:
   *
   * - `'revoked'`: it is done. A grant is gone, and with it what it had.
   * - `'absent'`: there is no such client, or not any more. Nothing has changed.
   * - `'disconnected'`: the client was connected; its session was closed, but the token that it logs in with may still be
   *   valid. Revoke it again, now that it is away, until the answer is another one.
   * - `'password-reset-required'`: the client knows the password, and nothing but another password keeps it out. Its
   *   tokens may have been withdrawn all the same.
   *
   * A client that revokes itself gets no answer: the server just closes its stream, in good order and without an error. That
   * resolves with `'disconnected'` too, of several open calls the one that was made first. (xmpp.js connects again after it,
   * unless its `reconnect` was stopped.)
   *
   * @param id from {@link ClientAccess.id}; unknown ones are no error
   * @param options as for {@link Clients.list}
   * @throws {RosterError} `UNSUPPORTED`, as for {@link Clients.list}, and `STANZA_INVALID` for an id that is no text, or
   * none that XML can carry in an attribute: nothing has changed then. `REFUSED` with its `condition`: nothing has changed,
   * except that after `internal-server-error` part of it may be done. `NOT_CONNECTED`: nothing was sent, or the session
   * ended before the answer (with a stream error, or cut), which the message says. After that, as after `TIMED_OUT`
   * and an aborted `signal`, the server may have done it: {@link Clients.list} tells, and revoking again is safe
   */
  async revoke(id: string, options: CallOptions = {}): Promise<Revocation> {
    this.#checkEntity()
    const reply = await this.#questions.set(revokeElement(id), options)
    if (reply === 'closed') return 'disconnected'
    if (attr(reply, 'type') !== 'error') return 'revoked'
    const outcome = readOutcome(reply)
    if (outcome !== undefined) return outcome
    throw refusalOf(reply, this.#account(), 'revoke the access of a client')
  }

  #account(): string | undefined {
    const jid = this.#entity.jid?.toString()
    return jid === undefined ? undefined : bareJid(jid)
  }

  #checkEntity(): void {
    if (kindOf(this.#entity) === 'client') return
    throw new RosterError(
      'UNSUPPORTED',
      'Expected the client of an account, but a component has none; nothing was sent.',
    )
  }
}
