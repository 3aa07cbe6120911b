import type { Element } from 'ltx'
import type { Clock } from '../../core/clock.js'
import { bareJidOrNothing, domainOf, isDomainJid } from '../../core/jid.js'
import { type CallOptions, notConnected } from '../../roster/options.js'
import { waitFor } from '../../roster/waiting.js'
import { attr } from '../../xmpp/codec.js'

/** What may be done with rosters (XEP-0356 §4.1). */
export type Access = 'get' | 'set'

/** What a host has granted. */
export interface Grant {
  readonly access: ReadonlySet<Access>
  /** When it was granted nobody was listening: it may be so. */
  readonly isGuessed: boolean
}

/** ejabberd 23.01 speaks the first one, what is newer the second. */
const NAMESPACES = ['urn:xmpp:privilege:2', 'urn:xmpp:privilege:1']

const TYPES: ReadonlyMap<string, ReadonlySet<Access>> = new Map([
  ['none', new Set<Access>()],
  ['get', new Set<Access>(['get'])],
  ['set', new Set<Access>(['set'])],
  ['both', new Set<Access>(['get', 'set'])],
])
const NONE: ReadonlySet<Access> = new Set()

/** Servers say it right behind the handshake, so in the same packet; milliseconds. */
const PATIENCE = 2_000

/** A server has fewer. Any domain of the world can send a message that looks like one. */
const MOST_HOSTS = 1_000

/** What the hosts of a server let this component do with the rosters of their accounts, in this session. */
export class Permissions {
  readonly #clock: Clock
  readonly #granted = new Map<string, ReadonlySet<Access>>()
  /** What was seen to work, where nobody heard what was granted. */
  readonly #proved = new Map<string, Set<Access>>()
  /** Hosts that were waited for in vain in this session. */
  readonly #silent = new Set<string>()
  readonly #waiting = new Map<string, { readonly promise: Promise<void>; readonly end: () => void }>()
  #hasMissed: boolean

  /** @param hasMissed the session had begun before anybody listened */
  constructor(clock: Clock, hasMissed: boolean) {
    this.#clock = clock
    this.#hasMissed = hasMissed
  }

  /**
   * Takes what a host says. Only for itself: a host speaks by its bare domain, and counts for owners of that domain alone, so
   * what an account or another domain says in its place counts for nothing.
   */
  hear(message: Element): void {
    const host = hostOf(message)
    const privilege = host === undefined ? undefined : privilegeOf(message)
    if (host === undefined || privilege === undefined) return
    const isKnown = this.#granted.has(host) || this.#waiting.has(host)
    if (!isKnown && this.#granted.size >= MOST_HOSTS) return
    this.#granted.set(host, rosterAccess(privilege) ?? this.#granted.get(host) ?? NONE)
    this.#waiting.get(host)?.end()
  }

  /**
   * What the owner's host has granted, waited for as long as it may be on its way; once in a session.
   *
   * @throws RosterError `TIMED_OUT` when the caller has less patience; `NOT_CONNECTED` when the session ended
   */
  async of(owner: string, options: CallOptions): Promise<Grant> {
    const host = domainOf(owner)
    if (!this.#isKnown(host)) {
      await waitFor(this.#wait(host), options, this.#clock, `Waiting for the permissions of ${host}`)
      if (!this.#isKnown(host)) throw notConnected(owner)
    }
    const access = this.#granted.get(host)
    if (access !== undefined) return { access, isGuessed: false }
    return this.#hasMissed ? { access: new Set(['get', 'set']), isGuessed: true } : { access: NONE, isGuessed: false }
  }

  /** The owner's host has done it: it was granted. */
  prove(owner: string, access: Access): void {
    const host = domainOf(owner)
    this.#proved.set(host, (this.#proved.get(host) ?? new Set()).add(access))
  }

  isProved(owner: string, access: Access): boolean {
    return this.#proved.get(domainOf(owner))?.has(access) === true
  }

  /** The session is over, and with it what was granted. */
  drop(): void {
    this.#hasMissed = false
    this.#granted.clear()
    this.#proved.clear()
    for (const { end } of [...this.#waiting.values()]) end()
    this.#silent.clear()
  }

  #isKnown(host: string): boolean {
    return this.#granted.has(host) || this.#hasMissed || this.#silent.has(host)
  }

  #wait(host: string): Promise<void> {
    const known = this.#waiting.get(host)
    if (known !== undefined) return known.promise
    let end = (): void => undefined
    const promise = new Promise<void>((resolve) => {
      const cancel = this.#clock.after(PATIENCE, () => {
        this.#silent.add(host)
        end()
      })
      end = () => {
        cancel()
        this.#waiting.delete(host)
        resolve()
      }
    })
    this.#waiting.set(host, { promise, end })
    return promise
  }
}

function hostOf(message: Element): string | undefined {
  const from = attr(message, 'from')
  // What comes back as an error was never said by whom it seems to come from.
  if (from === undefined || from.includes('/') || attr(message, 'type') === 'error') return undefined
  const host = bareJidOrNothing(from)
  return host !== undefined && isDomainJid(host) ? host : undefined
}

const privilegeOf = (message: Element): Element | undefined =>
  message.getChildElements().find((child) => child.name === 'privilege' && NAMESPACES.includes(child.getNS() ?? ''))

/** `undefined`: it says nothing about rosters. */
function rosterAccess(privilege: Element): ReadonlySet<Access> | undefined {
  const perm = privilege.getChildren('perm').find((one) => attr(one, 'access') === 'roster')
  return perm === undefined ? undefined : (TYPES.get(attr(perm, 'type') ?? '') ?? NONE)
}
