import { describe, expect, test } from 'vitest'
import { type Contact, stateOf } from '../../src/core/contact.js'
import { type Step, type StepInput, step } from '../../src/core/step.js'
import { ASKED, asking, listed, NOW, nobody, request, sent, told } from './support/contacts.js'

type Asks = Extract<StepInput, { readonly type: 'subscribe'; readonly kind: 'received' }>

/** The contact asks, and the policy says this. */
const asks = (contact: Contact, decision: Asks['decision'], subscribeBack = false): Step =>
  step(contact, { kind: 'received', type: 'subscribe', xml: ASKED, decision, subscribeBack }, NOW)

const says = (contact: Contact, type: 'subscribed' | 'unsubscribe' | 'unsubscribed'): Step =>
  step(contact, { kind: 'received', type }, NOW)

describe('A request meets a policy (promise 7)', () => {
  test('authorize: decided, answered and asked back in one step', () => {
    const after = asks(nobody, 'authorize', true)

    expect(stateOf(after.contact)).toBe('from+out')
    expect(sent(after)).toEqual(['subscribed', 'presence', 'subscribe'])
    expect(after.contact.askedAt).toBe(NOW)
    expect(told(after)).toEqual([
      'transition none→none+in',
      'transition none+in→from',
      'transition from→from+out',
      'request authorize',
    ])
  })

  test('deny: the contact is told, nothing is kept of a stranger', () => {
    const after = asks(nobody, 'deny')

    expect(after.contact).toEqual(nobody)
    expect(sent(after)).toEqual(['unsubscribed'])
    expect(told(after)).toEqual(['transition none→none+in', 'transition none+in→none', 'request deny'])
  })

  test('defer: the whole request is kept, and nobody hears of it but the application (RFC 6121 §3.1.3, SM9, SM10)', () => {
    const after = asks(nobody, 'defer')

    expect(after.contact).toEqual({ ...nobody, request: { xml: ASKED, receivedAt: NOW, deferred: true } })
    expect(after.sends).toEqual([])
    expect(told(after)).toEqual(['transition none→none+in', 'request defer'])
  })

  test('ignore: as if it had never come', () => {
    for (const contact of [nobody, listed('none'), listed('to')]) {
      expect(asks(contact, 'ignore')).toEqual({ contact, sends: [], facts: [], done: false })
      expect(asks(contact, 'ignore').contact).toBe(contact)
    }
  })

  test('ask: the request is kept as undecided while the policy thinks; nothing is said yet', () => {
    const after = asks(nobody, 'ask')

    expect(after.contact.request).toEqual({ xml: ASKED, receivedAt: NOW, deferred: false })
    expect(after.sends).toEqual([])
    expect(told(after)).toEqual(['transition none→none+in'])
  })

  test.each(['authorize', 'deny', 'defer', 'ignore'] as const)('%s after thinking ends as %s at once', (decision) => {
    const thinking = asks(nobody, 'ask').contact

    const late = step(thinking, { kind: 'decided', decision, subscribeBack: true }, NOW)

    expect(late.contact).toEqual(asks(nobody, decision, true).contact)
    expect(sent(late)).toEqual(sent(asks(nobody, decision, true)))
  })

  test('A decision that comes too late looks at the state again and does nothing', () => {
    const withdrawn = says(asks(nobody, 'ask').contact, 'unsubscribe').contact
    const answered = step(asks(nobody, 'ask').contact, { kind: 'authorize' }, NOW).contact

    for (const contact of [withdrawn, answered])
      for (const decision of ['authorize', 'deny', 'defer', 'ignore'] as const) {
        const late = step(contact, { kind: 'decided', decision, subscribeBack: true }, NOW)

        expect(late).toEqual({ contact, sends: [], facts: [], done: false })
      }
  })

  test('A request that is repeated while it waits keeps the first one (promise 3)', () => {
    const waiting = asks(nobody, 'defer').contact
    const again = step(
      waiting,
      { kind: 'received', type: 'subscribe', xml: '<presence/>', decision: 'authorize', subscribeBack: true },
      NOW + 1,
    )

    expect(again.contact).toBe(waiting)
    expect(again.sends).toEqual([])
  })
})

describe('A stranger is not an item of the owner (promise 6)', () => {
  test('A stranger that asks gets no item (RFC 6121 §3.1.3, A.1 MUST NOT)', () => {
    expect(asks(nobody, 'defer').contact.item).toBeUndefined()
  })

  test('Denying a stranger leaves nothing', () => {
    expect(step(asking, { kind: 'unauthorize' }, NOW).contact).toEqual(nobody)
  })

  test('Denying somebody whom the owner listed keeps the item with its name and groups', () => {
    const friend = listed('none', { name: 'Juliet', groups: ['Verona'] })
    const denied = step(asks(friend, 'defer').contact, { kind: 'unauthorize' }, NOW)

    expect(denied.contact.item).toEqual(friend.item)
    expect(denied.contact.request).toBeUndefined()
  })

  test('A stranger that is listed while its request waits still waits', () => {
    const after = step(asking, { kind: 'update', patch: { name: 'Juliet' } }, NOW).contact

    expect(after.item).toMatchObject({ name: 'Juliet', state: 'none+in', pendingIn: true })
    expect(after.request).toBe(request)
  })

  test('Somebody whom the owner lists and who ends everything stays listed', () => {
    const after = says(says(listed('both', { name: 'Juliet' }), 'unsubscribe').contact, 'unsubscribed').contact

    expect(after.item).toMatchObject({ name: 'Juliet', state: 'none' })
  })
})
