import type { Element } from 'ltx'
import type { RosterItem } from './item.js'
import { bareDomain, bareJid, domainOf, type JidList, toBareList } from './jid.js'

/** What becomes of a subscription request. `'ignore'`: no state, no answer, as if it had never come. */
export type Decision = 'authorize' | 'deny' | 'defer' | 'ignore'

/** What a policy is asked: data only. */
export interface SubscriptionAsk {
  /** Whom the contact asked, as a bare JID. */
  readonly owner: string
  /** Who asks, as a bare JID. */
  readonly contact: string
  /** XEP-0172, if the request carries one. It is the stranger's own text. */
  readonly nick: string | undefined
  /** What the contact says with it. It is the stranger's own text. */
  readonly status: string | undefined
  /** What the owner's roster holds of the contact; `undefined` for a stranger. */
  readonly item: RosterItem | undefined
  /** When it came. In a client, a request from before the login comes at the login. */
  readonly receivedAt: Date
  /** The request as it came. */
  readonly stanza: Element
}

/**
 * Decides one request. `true` = authorize, `false` = deny, `null`/`undefined` = no opinion (the next policy, in the
 * end: defer). It runs beside the owner's queue; its answer enters the queue as a command and looks at the state again.
 * One that throws or outlasts `RosterOptions.policyTimeout` (its `signal` is aborted) has no opinion: such a request is
 * deferred, never accepted. `close` aborts the `signal` as well; the request stays undecided. It may be asked again about
 * the same request: after a crash, by another process that has the owner in memory and has waited in vain for this one's
 * answer, and when the answer could not be stored.
 */
export type SubscriptionPolicy = (
  ask: SubscriptionAsk,
  context: { readonly signal: AbortSignal },
) => PolicyAnswer | Promise<PolicyAnswer>

/** What a {@link SubscriptionPolicy} may answer. */
export type PolicyAnswer = Decision | boolean | null | undefined

/**
 * `true` accepts all, `false` declines all, `null` leaves each to the application (as in SleekXMPP); a function decides
 * one by one.
 */
export type AutoAuthorize = boolean | null | SubscriptionPolicy

const DECISIONS: ReadonlySet<unknown> = new Set<Decision>(['authorize', 'deny', 'defer', 'ignore'])

/** What an answer means; anything that is none means "no opinion", so that a slip never accepts anybody. */
export function decisionOf(answer: unknown): Decision | undefined {
  if (answer === true) return 'authorize'
  if (answer === false) return 'deny'
  return DECISIONS.has(answer) ? (answer as Decision) : undefined
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

/** Asks a policy once: at once where it answers at once. Throws or rejects as the policy does. */
export function consult(
  policy: AutoAuthorize,
  ask: SubscriptionAsk,
  signal: AbortSignal,
): Decision | Promise<Decision> {
  if (typeof policy !== 'function') return decisionOf(policy) ?? 'defer'
  const answer = policy(ask, { signal })
  if (isPromise(answer)) return Promise.resolve(answer).then((late) => decisionOf(late) ?? 'defer')
  return decisionOf(answer) ?? 'defer'
}

/**
 * The first policy with an opinion decides; the later ones are not asked.
 * @example
 * ```ts
 * import { contacts, domains, firstOf } from 'xmpp-roster'
 * const policy = firstOf(contacts(['mallory@example.com'], 'deny'), domains(['example.com'], 'authorize'))
 * ```
 */
export function firstOf(...policies: readonly SubscriptionPolicy[]): SubscriptionPolicy {
  const askFrom = (
    index: number,
    ask: SubscriptionAsk,
    context: { readonly signal: AbortSignal },
  ): PolicyAnswer | Promise<PolicyAnswer> => {
    for (let at = index; at < policies.length; at++) {
      const answer = policies[at]?.(ask, context)
      if (isPromise(answer)) {
        const next = at + 1
        return Promise.resolve(answer).then((late) => decisionOf(late) ?? askFrom(next, ask, context))
      }
      const decision = decisionOf(answer)
      if (decision !== undefined) return decision
    }
    return undefined
  }
  return (ask, context) => askFrom(0, ask, context)
}

/**
 * Decides for the contacts of these domains, exactly (`example.com` says nothing about `chat.example.com`); no opinion
 * on others.
 * @throws RosterError `JID_MALFORMED` for a name that is no domain, also for an account.
 */
export function domains(names: readonly string[] | ReadonlySet<string>, decision: Decision): SubscriptionPolicy {
  const known = new Set([...toBareList(names)].map(bareDomain))
  return (ask) => (known.has(domainOf(ask.contact)) ? decision : undefined)
}

/**
 * Decides for these contacts; no opinion on others.
 * @throws RosterError `JID_MALFORMED` for what is no JID.
 */
export function contacts(jids: JidList, decision: Decision): SubscriptionPolicy {
  const known = toBareList(jids)
  return (ask) => (known.has(bareJid(ask.contact)) ? decision : undefined)
}

/** How many domains and owners a rate limit keeps count of; the longest unseen is forgotten first. */
const COUNTED = 10_000

class Budget {
  readonly #limit: number
  readonly #interval: number
  readonly #windows = new Map<string, { readonly since: number; count: number }>()

  constructor(limit: number, interval: number) {
    this.#limit = limit
    this.#interval = interval
  }

  isOver(key: string, now: number): boolean {
    const known = this.#windows.get(key)
    const window = known !== undefined && now - known.since < this.#interval ? known : { since: now, count: 0 }
    window.count += 1
    this.#windows.delete(key)
    this.#windows.set(key, window)
    if (this.#windows.size > COUNTED) {
      const [oldest] = this.#windows.keys()
      if (oldest !== undefined) this.#windows.delete(oldest)
    }
    return window.count > this.#limit
  }
}

/** Budgets of {@link rateLimit}. */
export interface RateLimitOptions {
  /** Requests from one domain in an interval. Default: no limit. */
  readonly perDomain?: number
  /** Requests to one owner in an interval. Default: no limit. */
  readonly perOwner?: number
  /** Milliseconds. Default 60 000. */
  readonly interval?: number
  /** Default `'ignore'`: a flood neither fills the queue nor learns anything. */
  readonly over?: Decision
}

/**
 * Speaks only over a budget: per contact domain and per owner, in a window of `interval` milliseconds. Under it: no opinion.
 * It counts for 10 000 domains and as many owners; of more, the longest unseen starts anew. It takes its time from the
 * requests themselves, so from `RosterOptions.clock`.
 */
export function rateLimit(options: RateLimitOptions): SubscriptionPolicy {
  const {
    perDomain = Number.POSITIVE_INFINITY,
    perOwner = Number.POSITIVE_INFINITY,
    interval = 60_000,
    over = 'ignore',
  } = options
  const byDomain = new Budget(perDomain, interval)
  const byOwner = new Budget(perOwner, interval)
  return (ask) => {
    const now = ask.receivedAt.getTime()
    // What one domain sends over its own budget is not held against the owner, whom others want to reach.
    if (byDomain.isOver(domainOf(ask.contact), now)) return over
    return byOwner.isOver(ask.owner, now) ? over : undefined
  }
}
