import type { Element } from 'ltx'
import { attr } from '../xmpp/codec.js'
import type { Account } from './account.js'
import type { Session } from './session.js'
import type { World } from './world.js'

/**
 * A message from one address to another (RFC 6121 §8.5). Nothing is stored: what nobody can take comes back with
 * `service-unavailable`, headlines and errors are dropped.
 */
export function carryMessage(world: World, message: Element, from: string, to: string): void {
  const place = world.place(to)
  const obstacle = world.obstacle(place)
  if (obstacle !== undefined) world.refuse(message, from, obstacle)
  else if (place?.kind === 'component') world.carry(message)
  else {
    const takers = place?.kind === 'account' ? takersOf(message, place.account, place.resource) : []
    for (const session of takers) world.post.write(session, message)
    if (takers.length === 0 && attr(message, 'type') !== 'headline') world.refuse(message, from, 'service-unavailable')
  }
}

function takersOf(message: Element, account: Account | undefined, resource: string | undefined): readonly Session[] {
  if (account === undefined) return []
  const type = attr(message, 'type')
  if (resource !== undefined) {
    const session = account.sessions.get(resource)
    if (session !== undefined) return [session]
    // RFC 6121 §8.5.3.2.1: only what belongs to a conversation looks for another resource.
    return type === 'chat' ? mostAvailable(account) : []
  }
  if (type === 'groupchat' || type === 'error') return []
  return type === 'headline' ? reachable(account) : mostAvailable(account)
}

/** RFC 6121 §8.5.2.1.1: a negative priority takes no messages that are for any resource. */
const reachable = (account: Account): readonly Session[] => account.available.filter(({ priority }) => priority >= 0)

function mostAvailable(account: Account): readonly Session[] {
  const sessions = reachable(account)
  const highest = Math.max(...sessions.map(({ priority }) => priority))
  return sessions.filter(({ priority }) => priority === highest)
}
