import type { Element } from 'ltx'
import type { ServerItem } from '../../core/client-step.js'
import type { Clock } from '../../core/clock.js'
import { RosterError } from '../../core/errors.js'
import { domainOf } from '../../core/jid.js'
import { type CallOptions, notConnected } from '../../roster/options.js'
import type { Question } from '../../roster/wire.js'
import { attr, conditionOf, contactIn, readResult } from '../../xmpp/codec.js'
import { decodeWhole, kindOf, type XmppEntity } from '../../xmpp/entity.js'
import { Listeners } from '../../xmpp/listeners.js'
import { type Access, type Grant, Permissions } from './permissions.js'
import { Questions } from './questions.js'

/** What servers say that grant nothing. */
const UNGRANTED: ReadonlySet<string> = new Set(['forbidden', 'not-allowed', 'service-unavailable'])

/** Rosters of a server's accounts, as a component with its permission reads and writes them (XEP-0356 §4). */
export class PrivilegedRosters {
  readonly #entity: XmppEntity
  readonly #permissions: Permissions
  readonly #questions: Questions
  /** Hosts that were seen to store a subscription in this session. */
  readonly #obedient = new Set<string>()

  /** @throws RosterError `UNSUPPORTED` for a client */
  constructor(entity: XmppEntity, clock: Clock) {
    if (kindOf(entity) !== 'component')
      throw new RosterError('UNSUPPORTED', 'Expected a component (XEP-0114): servers let no client manage rosters.')
    this.#entity = entity
    this.#permissions = new Permissions(clock, entity.status === 'online')
    this.#questions = new Questions(entity, clock)
    this.#listen(new Listeners(entity))
  }

  #listen(listeners: Listeners): void {
    if (this.#entity.status === 'online') decodeWhole(this.#entity)
    listeners.on('open', () => decodeWhole(this.#entity))
    listeners.on('stanza', (stanza: Element) => {
      if (stanza.name === 'iq') this.#questions.take(stanza)
      else if (stanza.name === 'message') this.#permissions.hear(stanza)
    })
    // A component has no resumption: what is not answered by now never will be.
    for (const event of ['disconnect', 'offline']) listeners.on(event, () => this.#lost())
  }

  #lost(): void {
    this.#permissions.drop()
    this.#obedient.clear()
    this.#questions.endAll()
  }

  /**
   * What the owner's host lets this component do, at least what is needed.
   *
   * @throws RosterError `NOT_CONNECTED`; `UNSUPPORTED` when it is less
   */
  async grant(owner: string, needed: readonly Access[], options: CallOptions): Promise<Grant> {
    options.signal?.throwIfAborted()
    if (this.#entity.status !== 'online') throw notConnected(owner)
    const grant = await this.#permissions.of(owner, options)
    if (needed.some((access) => !grant.access.has(access))) throw this.#ungranted(owner, needed, grant)
    return grant
  }

  /** The owner's items by JID; none when there is no such account. What has no JID is left out. */
  async items(owner: string, grant: Grant, options: CallOptions): Promise<ReadonlyMap<string, ServerItem>> {
    const result = await this.#ask(owner, { kind: 'get', version: undefined }, grant, options)
    const { items } = readResult(result, () => undefined)
    if (items === undefined)
      throw new RosterError('STANZA_INVALID', `Expected the roster of ${owner}, but the answer holds none.`, { owner })
    return new Map(items.map((item) => [item.jid, item]))
  }

  /** Writes or removes one item; resolves when the server has. */
  async change(owner: string, ask: ChangeAsk, grant: Grant, options: CallOptions): Promise<void> {
    await this.#ask(owner, ask, grant, options)
  }

  /** Whether the owner's host is known to store the subscription of a set. */
  isObedient(owner: string): boolean {
    return this.#obedient.has(domainOf(owner))
  }

  /** A subscription was stored. */
  hasObeyed(owner: string): void {
    this.#obedient.add(domainOf(owner))
  }

  async #ask(owner: string, ask: Question['ask'], grant: Grant, options: CallOptions): Promise<Element> {
    const answer = await this.#questions.ask(owner, ask, options)
    const access = ask.kind === 'get' ? 'get' : 'set'
    if (attr(answer, 'type') !== 'error') {
      if (grant.isGuessed) this.#permissions.prove(owner, access)
      return answer
    }
    const condition = conditionOf(answer)
    const isDoubted = grant.isGuessed && !this.#permissions.isProved(owner, access)
    if (isDoubted && UNGRANTED.has(condition)) throw this.#ungranted(owner, [access], grant, condition)
    throw refused(owner, ask, condition)
  }

  #ungranted(owner: string, needed: readonly Access[], { access, isGuessed }: Grant, condition?: string): RosterError {
    const host = domainOf(owner)
    const self = this.#entity.jid?.toString() ?? this.#entity.options?.domain ?? 'this component'
    const wanted = needed.length > 1 ? 'both' : needed.join()
    const granted = isGuessed ? `refused (${condition})` : `granted ${[...access].join() || 'none'}`
    return new RosterError(
      'UNSUPPORTED',
      `The roster of ${owner} needs the permission "roster" of the type "${wanted}" (XEP-0356) from ${host}, which has ${granted}; nothing was changed. ` +
        `Prosody: mod_privilege on ${host} and on ${self}, with privileged_entities = { ["${self}"] = { roster = "both" } } for ${host}. ` +
        `ejabberd: mod_privilege with roster: { both: RULE }, where the access rule lets ${self} in.`,
      { owner, condition },
    )
  }
}

function refused(owner: string, ask: Question['ask'], condition: string): RosterError {
  const what = ask.kind === 'get' ? 'to show the roster' : `to ${ask.kind} an item in the roster`
  // Its mod_roster looks for its own settings at the component's domain, and fails.
  const isOldEjabberd = ask.kind !== 'get' && condition === 'internal-server-error'
  const hint = isOldEjabberd ? ' ejabberd 23.01 answers so to whatever a component sets: use ejabberdAdmin there.' : ''
  const message = `The server refused ${what} of ${owner}: ${condition}. Nothing has changed.${hint}`
  return new RosterError('REFUSED', message, { condition, owner, contact: contactIn(ask) })
}

type ChangeAsk = Exclude<Question['ask'], { readonly kind: 'get' }>
