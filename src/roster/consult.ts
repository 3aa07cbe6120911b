import { inWords, RosterError } from '../core/errors.js'
import { consult, type Decision, type SubscriptionAsk } from '../core/policy.js'
import { closed } from './options.js'
import type { Owner } from './owner.js'

/**
 * Puts a request to the owner's policy. A constant or an answer at once comes back as such, a promise is bounded by
 * `policyTimeout`; whatever goes wrong means "defer", never "accept".
 */
export function consultPolicy(owner: Owner, ask: SubscriptionAsk): Decision | Promise<Decision> {
  const { bus } = owner.world
  const failed = (cause: unknown): Decision => {
    const message = `The policy failed for ${ask.contact}; the request is deferred: ${inWords(cause)}`
    bus.error(new RosterError('POLICY_FAILED', message, { owner: ask.owner, contact: ask.contact, cause }))
    return 'defer'
  }
  const abort = new AbortController()
  bus.count('policies')
  let answer: Decision | Promise<Decision>
  try {
    answer = consult(owner.policy(), ask, abort.signal)
  } catch (cause) {
    return failed(cause)
  }
  return answer instanceof Promise ? inTime(owner, answer, abort, failed) : answer
}

/** A policy that takes its time has no more than `policyTimeout`, and none after `close`. */
async function inTime(
  owner: Owner,
  late: Promise<Decision>,
  abort: AbortController,
  failed: (cause: unknown) => Decision,
): Promise<Decision> {
  const { settings, atEnd } = owner.world
  const clean: (() => void)[] = []
  owner.thinking += 1
  try {
    return await new Promise<Decision>((resolve) => {
      const end = (): void => {
        abort.abort(closed(owner.jid))
        resolve('defer')
      }
      const giveUp = (): void => {
        const reason = new RosterError('TIMED_OUT', `The policy took longer than ${settings.policyTimeout} ms.`)
        abort.abort(reason)
        resolve(failed(reason))
      }
      atEnd.add(end)
      clean.push(settings.clock.after(settings.policyTimeout, giveUp), () => atEnd.delete(end))
      late.then(resolve, (cause: unknown) => {
        // Who took too long has been told of already.
        if (!abort.signal.aborted) resolve(failed(cause))
      })
    })
  } finally {
    for (const one of clean) one()
    owner.thinking -= 1
  }
}

/** What a policy's answer comes to: a request that would have to wait is ignored where too many do already. */
export function weigh(owner: Owner, answer: Decision | Promise<Decision>, waiting: number): Decision | 'ask' {
  const { settings, bus } = owner.world
  const decision = answer instanceof Promise ? 'ask' : answer
  if ((decision !== 'ask' && decision !== 'defer') || waiting < settings.maxPending) return decision
  bus.count('requests.overflow')
  return 'ignore'
}
