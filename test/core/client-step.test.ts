import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  answers,
  type ClientStep,
  clientAnswered,
  clientDenied,
  clientReceived,
  clientRequested,
  type PushMark,
  type ServerItem,
  serverSays,
} from '../../src/core/client-step.js'
import { type Contact, stateOf } from '../../src/core/contact.js'
import { partsOf, SUBSCRIPTION_STATES, type SubscriptionState } from '../../src/core/state.js'
import { INBOUND_ROWS } from './support/appendix-a.js'
import { ASKED, asking, inEveryWay, JULIET, listed, NOW, nobody, request, sent, told } from './support/contacts.js'

/** The item as a push or a result says it. */
const item = (state: SubscriptionState, extras: Partial<ServerItem> = {}): ServerItem => {
  const { subscription, pendingOut } = partsOf(state)
  return { jid: JULIET, name: undefined, groups: [], subscription, pendingOut, approved: false, ...extras }
}

const push = (contact: Contact, state: SubscriptionState | 'removed'): ClientStep =>
  serverSays(contact, state === 'removed' ? undefined : item(state), 'push')

const asks = (contact: Contact, says: Parameters<typeof clientRequested>[2], subscribeBack = false): ClientStep =>
  clientRequested(contact, ASKED, says, subscribeBack, NOW)

/** What a push tells, and which stanza explains it. */
const CHANGES: readonly (readonly [SubscriptionState, SubscriptionState, PushMark['type']])[] = [
  ['none+out', 'to', 'subscribed'],
  ['none+out+in', 'to+in', 'subscribed'],
  ['from+out', 'both', 'subscribed'],
  ['none+out', 'none', 'unsubscribed'],
  ['none+out+in', 'none+in', 'unsubscribed'],
  ['from+out', 'from', 'unsubscribed'],
  ['to', 'none', 'unsubscribed'],
  ['to+in', 'none+in', 'unsubscribed'],
  ['both', 'from', 'unsubscribed'],
  ['from', 'none', 'unsubscribe'],
  ['from+out', 'none+out', 'unsubscribe'],
  ['both', 'to', 'unsubscribe'],
]

describe('The stanza is the event, the push is the state (promise 12)', () => {
  describe.each(CHANGES)('%s → %s by %s', (before, after, type) => {
    test('the stanza comes first: it applies its cell, and the push that follows is no news', () => {
      const stanza = clientReceived(listed(before), type, undefined)
      const pushed = push(stanza.contact, after)

      expect(stateOf(stanza.contact)).toBe(after)
      expect(stanza.facts).toEqual([
        { type: 'transition', before, after, cause: 'stanza' },
        { type, previous: before },
      ])
      expect(pushed).toEqual({ contact: stanza.contact, sends: [], facts: [] })
    })

    test('the push comes first: it leaves a mark, and the stanza that follows is told with the state before both', () => {
      const pushed = push(listed(before), after)
      const stanza = clientReceived(pushed.contact, type, pushed.mark)

      expect(pushed.facts).toEqual([{ type: 'transition', before, after, cause: 'push' }])
      expect(pushed.mark).toEqual({ type, previous: before })
      expect(stanza).toEqual({ contact: pushed.contact, sends: [], facts: [{ type, previous: before }] })
    })

    test('neither a change nor a mark: the stanza is a repeat and no event (promise 3, SM13)', () => {
      const pushed = push(listed(before), after)

      expect(clientReceived(pushed.contact, type, undefined)).toEqual({ contact: pushed.contact, sends: [], facts: [] })
    })
  })

  test('A grant that was taken back before its stanza came is no grant any more', () => {
    const { contact, mark } = push(listed('none+out'), 'to')
    const back = push(contact, 'none')

    expect(clientReceived(back.contact, 'subscribed', mark).facts).toEqual([])
    expect(clientReceived(back.contact, 'unsubscribed', back.mark).facts).toEqual([
      { type: 'unsubscribed', previous: 'to' },
    ])
  })

  test('A mark explains only the stanza that it is for', () => {
    const pushed = push(listed('none+out'), 'to')

    expect(clientReceived(listed('from'), 'subscribed', { type: 'unsubscribe', previous: 'both' }).facts).toEqual([])
    expect(clientReceived(pushed.contact, 'unsubscribe', pushed.mark).facts).toEqual([])
  })

  test.each(INBOUND_ROWS.filter(({ type }) => type !== 'subscribe'))('Without a push: $title', (row) => {
    if (row.type === 'subscribe') throw new Error('Requests have tests of their own')
    for (const contact of inEveryWay(row.state)) {
      const after = clientReceived(contact, row.type, undefined)

      expect(stateOf(after.contact)).toBe(row.next)
      expect(told(after)).toEqual(row.passes ? [`transition ${row.state}→${row.next}`, row.type] : [])
      expect(after.sends).toEqual([])
      if (!row.passes) expect(after.contact).toBe(contact)
    }
  })
})

describe('What the server says is so', () => {
  test.each(SUBSCRIPTION_STATES)(
    '%s: every state becomes what the item says; who asks is known from its stanza',
    (before) => {
      for (const contact of inEveryWay(before))
        for (const state of SUBSCRIPTION_STATES) {
          const { contact: after } = serverSays(
            contact,
            item(state, { name: 'J', groups: ['A'], approved: true }),
            'push',
          )
          const { subscription, pendingOut } = partsOf(state)
          const canWait = subscription === 'none' || subscription === 'to'

          expect(after.item).toMatchObject({ name: 'J', groups: ['A'], approved: true, subscription, pendingOut })
          expect(after.item?.pendingIn).toBe(contact.request !== undefined && canWait)
          expect(after.request !== undefined).toBe(after.item?.pendingIn)
        }
    },
  )

  test('A contact that goes takes its item along, and nothing of its request', () => {
    const removed = push(listed('to+in', { name: 'Juliet' }), 'removed')

    expect(removed.contact).toEqual({ ...nobody, request })
    expect(removed.facts).toEqual([{ type: 'transition', before: 'to+in', after: 'none+in', cause: 'push' }])
  })

  test('A contact that goes and never asked leaves nothing (promise 8)', () => {
    expect(push(listed('both'), 'removed').contact).toEqual(nobody)
    expect(push(nobody, 'removed')).toEqual({ contact: nobody, sends: [], facts: [] })
  })

  test('What is learnt from a whole roster says so', () => {
    expect(serverSays(nobody, item('to'), 'result').facts).toEqual([
      { type: 'transition', before: 'none', after: 'to', cause: 'result' },
    ])
  })

  test('A push sends nothing: what a client is to say, it is told by stanzas', () => {
    for (const before of SUBSCRIPTION_STATES)
      for (const after of SUBSCRIPTION_STATES) expect(push(listed(before), after).sends).toEqual([])
  })
})

describe('The contact asks', () => {
  test('authorize: subscribed goes out; that it is granted, the server says', () => {
    const after = asks(nobody, 'authorize', true)

    expect(sent(after)).toEqual(['subscribed', 'subscribe'])
    expect(stateOf(after.contact)).toBe('none+in')
    expect(told(after)).toEqual(['transition none→none+in', 'request authorize'])
    expect(stateOf(push(after.contact, 'from').contact)).toBe('from')
    expect(push(after.contact, 'from').contact.request).toBeUndefined()
  })

  test('deny: unsubscribed goes out; the server does not tell of it, so it counts at once', () => {
    const after = asks(nobody, 'deny')

    expect(sent(after)).toEqual(['unsubscribed'])
    expect(after.contact).toEqual(nobody)
    expect(told(after)).toEqual(['transition none→none+in', 'transition none+in→none', 'request deny'])
  })

  test('defer: kept for the session, for the application to answer', () => {
    const after = asks(nobody, 'defer')

    expect(after.contact.request).toEqual({ xml: ASKED, receivedAt: NOW, deferred: true })
    expect(told(after)).toEqual(['transition none→none+in', 'request defer'])
    expect(after.sends).toEqual([])
  })

  test('ask: kept as undecided, told with its decision', () => {
    const thinking = asks(nobody, 'ask')

    expect(thinking.contact.request?.deferred).toBe(false)
    expect(told(thinking)).toEqual(['transition none→none+in'])
    expect(clientAnswered(thinking.contact, 'defer', false).contact).toEqual(asks(nobody, 'defer').contact)
    expect(clientAnswered(thinking.contact, 'deny', false).contact).toEqual(nobody)
    expect(sent(clientAnswered(thinking.contact, 'authorize', true))).toEqual(['subscribed', 'subscribe'])
  })

  test('ignore: as if it had never come, at once or after thinking', () => {
    const late = clientAnswered(asks(nobody, 'ask').contact, 'ignore', true)

    expect(asks(nobody, 'ignore')).toEqual({ contact: nobody, sends: [], facts: [] })
    expect(late.contact).toEqual(nobody)
    expect(late.sends).toEqual([])
    expect(told(late)).toEqual(['transition none+in→none'])
  })

  test.each(INBOUND_ROWS.filter(({ type }) => type === 'subscribe'))('$title', (row) => {
    for (const contact of inEveryWay(row.state)) {
      const after = asks(contact, 'ask')

      expect(stateOf(after.contact)).toBe(row.next)
      if (!row.passes) expect(after).toEqual({ contact, sends: [], facts: [] })
    }
  })

  test('An answer that comes too late answers nothing', () => {
    for (const contact of [nobody, listed('from'), listed('both')]) {
      expect(clientAnswered(contact, 'authorize', true)).toEqual({ contact, sends: [], facts: [] })
      expect(clientDenied(contact, 'command')).toEqual({ contact, sends: [], facts: [] })
    }
  })

  test('Denying somebody whom the owner listed keeps the item (promise 6)', () => {
    expect(clientDenied(listed('to+in', { name: 'Juliet' }), 'command').contact.item).toMatchObject({
      name: 'Juliet',
      state: 'to',
    })
  })

  test('Subscribing back asks only whom the owner neither sees nor has asked (promise 4)', () => {
    const asked = (contact: Contact): readonly string[] => sent({ sends: answers(contact, true) })

    expect(asked(asking)).toEqual(['subscribed', 'subscribe'])
    expect(asked(listed('none+out+in'))).toEqual(['subscribed'])
    expect(asked(listed('to+in'))).toEqual(['subscribed'])
    expect(sent({ sends: answers(asking, false) })).toEqual(['subscribed'])
  })
})

describe('A resumed stream', () => {
  type Stanza = { readonly type: PushMark['type'] } | { readonly type: 'subscribe'; readonly says: 'defer' | 'deny' }
  const stanza: fc.Arbitrary<Stanza> = fc.oneof(
    fc.record({ type: fc.constantFrom('subscribed' as const, 'unsubscribe' as const, 'unsubscribed' as const) }),
    fc.record({ type: fc.constant('subscribe' as const), says: fc.constantFrom('defer' as const, 'deny' as const) }),
  )
  const hear = (contact: Contact, one: Stanza): Contact =>
    one.type === 'subscribe' ? asks(contact, one.says).contact : clientReceived(contact, one.type, undefined).contact

  test('that replays its last stanzas leaves the same state (promise 13, XEP-0198)', () => {
    const start = fc.constantFrom(...SUBSCRIPTION_STATES.flatMap(inEveryWay))
    fc.assert(
      fc.property(start, fc.array(stanza, { maxLength: 12 }), fc.nat({ max: 12 }), (contact, stanzas, count) => {
        const once = stanzas.reduce(hear, contact)
        const replayed = stanzas.slice(-count).reduce(hear, once)

        expect(replayed).toEqual(once)
      }),
      { numRuns: 1_000 },
    )
  })

  test('A push that is replayed is no news', () => {
    const state = fc.constantFrom(...SUBSCRIPTION_STATES)
    fc.assert(
      fc.property(state, state, (before, after) => {
        const once = push(listed(before), after)

        expect(push(once.contact, after)).toEqual({ contact: once.contact, sends: [], facts: [] })
      }),
    )
  })
})
