import { describe, expect, test, vi } from 'vitest'
import { rosterItem } from '../../../src/core/item.js'
import { SUBSCRIPTION_STATES, type SubscriptionState } from '../../../src/core/state.js'
import type { Send } from '../../../src/core/step.js'
import { Book } from '../../../src/roster/book.js'
import { sendsOf } from '../../../src/roster/due.js'
import { NOBODYS, Outbox } from '../../../src/roster/outbox.js'
import type { Owed } from '../../../src/storage/port.js'
import { type ManualClock, manualClock } from '../../../src/testing/clock.js'
import { type FakeWire, fakeWire, stanzaOf } from './support/fake-wire.js'

const JULIET = 'juliet@example.com'
const MINUTE = 60_000

type OwedType = Exclude<Send['type'], 'presence' | 'probe' | 'forget'>

const owe = (type: OwedType, at = 0, to = JULIET): Owed => ({
  id: `${type} to ${to}`,
  at,
  xml: stanzaOf({ type, to }).toString(),
})

interface Stage {
  readonly wire: FakeWire
  readonly clock: ManualClock
  readonly book: Book
  readonly settle: ReturnType<typeof vi.fn<() => void>>
  readonly takeUp: ReturnType<typeof vi.fn<() => void>>
  readonly outbox: Outbox
  /** Just decided here. */
  decide(...types: readonly OwedType[]): void
}

function stage(state: SubscriptionState = 'none', online = true): Stage {
  const [wire, clock, book, settle] = [fakeWire(), manualClock(), new Book(), vi.fn<() => void>()]
  wire.online = online
  book.items.set(JULIET, rosterItem({ jid: JULIET, state }))
  const takeUp = vi.fn<() => void>(() => {
    const left = outbox.left()
    for (const send of left.flatMap((owed) => sendsOf(wire, owed, (jid) => book.contact(jid))))
      if (send.type === 'presence') void wire.transmit(stanzaOf(send))
      else outbox.add(owe(send.type as OwedType, clock.now()), stanzaOf(send))
    outbox.tookUp(left.map(({ id }) => id))
  })
  const outbox: Outbox = new Outbox(wire, clock, book, { settle, takeUp })
  const decide = (...types: readonly OwedType[]): void => {
    for (const type of types) outbox.add(owe(type, clock.now()), stanzaOf({ type, to: JULIET }))
  }
  return { wire, clock, book, settle, takeUp, outbox, decide }
}

describe('What was just decided', () => {
  test('goes at once, in the order of its decisions', () => {
    const { wire, decide } = stage()
    decide('unsubscribe', 'unavailable', 'unsubscribed')

    expect(wire.written).toEqual([`unsubscribe ${JULIET}`, `unavailable ${JULIET}`, `unsubscribed ${JULIET}`])
  })

  test('waits without a connection, and goes in its order when it is back (promise 18)', async () => {
    const { wire, outbox, decide, clock } = stage('none', false)
    decide('unsubscribe', 'unavailable', 'unsubscribed')
    expect(wire.written).toEqual([])
    wire.online = true
    outbox.flush()
    await clock.advance(0)

    expect(wire.written).toEqual([`unsubscribe ${JULIET}`, `unavailable ${JULIET}`, `unsubscribed ${JULIET}`])
    expect(outbox.sent).toHaveLength(3)
  })

  test('that could not be written is owed still, and goes with the next connection', async () => {
    const { wire, clock, outbox, decide } = stage('none+out')
    wire.broken = true
    decide('subscribe')
    await clock.advance(MINUTE)
    expect(outbox.sent).toEqual([])
    wire.broken = false
    outbox.flush()
    await clock.advance(0)

    expect(wire.written).toEqual([`subscribe ${JULIET}`])
  })

  test('that is being written is not written again', async () => {
    const { wire, clock, outbox, decide } = stage('none+out')
    wire.slow = true
    decide('subscribe')
    outbox.flush()
    outbox.adopt([owe('subscribe')])
    wire.release()
    await clock.advance(0)

    expect(wire.written).toEqual([`subscribe ${JULIET}`])
  })
})

test('What is being written is kept in mind, whatever storage says meanwhile', () => {
  const { wire, outbox, decide } = stage('none+out')
  wire.slow = true
  decide('subscribe')
  outbox.adopt([])
  outbox.adopt([owe('subscribe', -MINUTE)])

  expect(wire.written).toEqual([`subscribe ${JULIET}`])
})

describe('What was overtaken by a later decision is not sent (promise 20)', () => {
  const due: Record<OwedType, readonly SubscriptionState[]> = {
    subscribed: ['from', 'from+out', 'both'],
    subscribe: ['none+out', 'none+out+in', 'from+out', 'to', 'to+in', 'both'],
    unsubscribe: ['none', 'none+in', 'from'],
    unsubscribed: ['none', 'none+out', 'to'],
    unavailable: ['none', 'none+out', 'to'],
  }
  const rows = (Object.keys(due) as OwedType[]).flatMap((type) =>
    SUBSCRIPTION_STATES.map((state) => [type, state, due[type].includes(state) ? 'sent' : 'dropped'] as const),
  )

  test.each(rows)('%s in %s is %s', async (type, state, becomes) => {
    const { wire, clock, outbox, decide } = stage(state, false)
    decide(type)
    wire.online = true
    outbox.flush()
    await clock.advance(0)

    expect(wire.written).toEqual(becomes === 'sent' ? [`${type} ${JULIET}`] : [])
    // Either way it is settled: nothing is owed any more.
    expect(outbox.sent).toEqual([`${type} to ${JULIET}`])
  })

  test('Nobody is granted what was taken back since, whoever decided it', async () => {
    const { wire, clock, outbox } = stage('none')
    outbox.adopt([owe('subscribed')])
    await clock.advance(MINUTE)

    expect(wire.written).toEqual([])
  })

  test('What cannot be read, or is for nobody, is dropped', async () => {
    const { wire, clock, outbox } = stage('both')
    outbox.adopt([
      { id: '1', at: 0, xml: 'no xml' },
      { id: '2', at: 0, xml: "<presence type='subscribed'/>" },
      { id: '3', at: 0, xml: `<presence to='${JULIET}'/>` },
    ])
    await clock.advance(MINUTE)

    expect(wire.written).toEqual([])
    expect(outbox.isEmpty).toBe(true)
  })
})

describe('What another process owes (promise 20)', () => {
  const granted = [`subscribed ${JULIET}`, `presence ${JULIET}`]

  test('is left to it for the grace time, then taken up and sent, in its order', async () => {
    const { wire, clock, outbox } = stage('from+out')
    outbox.adopt([owe('subscribed'), owe('subscribe')])
    await clock.advance(29_999)
    expect(wire.written).toEqual([])
    await clock.advance(1)

    expect(wire.written).toEqual([...granted, `subscribe ${JULIET}`])
  })

  test('is taken up one by one, each when its own grace time is over', async () => {
    const { wire, clock, outbox } = stage('both')
    const NURSE = 'nurse@example.com'
    outbox.adopt([owe('unsubscribed', 10_000, NURSE), owe('unsubscribe', 0, NURSE)])
    await clock.advance(30_000)
    expect(wire.written).toEqual([`unsubscribe ${NURSE}`])

    await clock.advance(9_999)
    expect(wire.written).toHaveLength(1)
    await clock.advance(1)
    expect(wire.written).toEqual([`unsubscribe ${NURSE}`, `unsubscribed ${NURSE}`])
  })

  test('for longer than that is sent at once, a grant with the presence that follows it (RFC 6121 §3.1.5)', () => {
    const { wire, outbox } = stage('from')
    outbox.adopt([owe('subscribed', -MINUTE)])

    expect(wire.written).toEqual(granted)
  })

  test('without a connection of its own is sent at once', () => {
    const { wire, outbox } = stage('from')
    outbox.adopt([owe('subscribed', NOBODYS)])

    expect(wire.written).toEqual(granted)
  })

  test('and could not be taken up is tried again after the grace time', async () => {
    const { wire, clock, outbox, takeUp } = stage('from')
    takeUp.mockImplementationOnce(() => outbox.leftAlone())
    outbox.adopt([owe('subscribed', NOBODYS)])
    expect(wire.written).toEqual([])
    await clock.advance(30_000)

    expect(wire.written).toEqual(granted)
  })

  test('is taken up once, however often somebody looks', () => {
    const { outbox, takeUp } = stage('from')
    takeUp.mockImplementation(() => undefined)
    outbox.adopt([owe('subscribed', NOBODYS)])
    outbox.flush()
    outbox.adopt([owe('subscribed', NOBODYS)])

    expect(takeUp).toHaveBeenCalledTimes(1)
  })

  test('and has settled meanwhile is not sent', async () => {
    const { wire, clock, outbox } = stage('from')
    outbox.adopt([owe('subscribed')])
    await clock.advance(10_000)
    outbox.adopt([])
    await clock.advance(MINUTE)

    expect(wire.written).toEqual([])
    expect(outbox.isEmpty).toBe(true)
  })

  test('is sent after the grace time only when there is a connection, then with the next one', async () => {
    const { wire, clock, outbox } = stage('from', false)
    outbox.adopt([owe('subscribed')])
    await clock.advance(MINUTE)
    expect(wire.written).toEqual([])
    wire.online = true
    outbox.flush()

    expect(wire.written).toEqual(granted)
  })

  test('and what this one has sent already is not taken up again', async () => {
    const { wire, clock, outbox, decide } = stage('from')
    decide('subscribed')
    await clock.advance(0)
    outbox.adopt([owe('subscribed', -MINUTE)])

    expect(wire.written).toEqual([`subscribed ${JULIET}`])
  })
})

describe('What was sent', () => {
  test('is written down a second later, all at once', async () => {
    const { clock, settle, outbox, decide } = stage('from+out')
    decide('subscribed')
    await clock.advance(500)
    decide('subscribe')
    await clock.advance(499)
    expect(settle).not.toHaveBeenCalled()
    await clock.advance(1)

    expect(settle).toHaveBeenCalledTimes(1)
    expect(outbox.received).toEqual([`subscribed to ${JULIET}`, `subscribe to ${JULIET}`])
  })

  test('a moment ago may not have been read by the server yet: it is owed until the next second', async () => {
    const { clock, settle, outbox, decide } = stage('from+out')
    decide('subscribed')
    await clock.advance(501)
    decide('subscribe')
    await clock.advance(499)
    expect([settle.mock.calls.length, outbox.received]).toEqual([1, [`subscribed to ${JULIET}`]])
    outbox.forget(outbox.received)
    await clock.advance(1_000)

    expect([settle.mock.calls.length, outbox.received]).toEqual([2, [`subscribe to ${JULIET}`]])
  })

  test('counts as received where the clock was set back', async () => {
    const { clock, wire, book } = stage('from')
    let now = MINUTE
    const outbox = new Outbox(wire, { ...clock, now: () => now }, book, { settle: vi.fn(), takeUp: vi.fn() })
    outbox.add(owe('subscribed'), stanzaOf({ type: 'subscribed', to: JULIET }))
    await clock.advance(0)
    expect(outbox.received).toEqual([])
    now = 0

    expect(outbox.received).toEqual([`subscribed to ${JULIET}`])
  })

  test('is forgotten once a commit says that it is settled', async () => {
    const { clock, outbox, decide } = stage('from')
    decide('subscribed')
    await clock.advance(0)
    expect(outbox.isEmpty).toBe(false)
    outbox.forget(outbox.sent)

    expect(outbox.isEmpty).toBe(true)
  })
})

describe('Whoever waits until all is sent and written down', () => {
  test('need not wait when nothing is owed', async () => {
    await expect(stage().outbox.drained()).resolves.toBeUndefined()
  })

  test('waits until the last one is settled', async () => {
    const { wire, clock, outbox, decide } = stage('from+out')
    wire.slow = true
    decide('subscribed', 'subscribe')
    const drained = vi.fn()
    void outbox.drained().then(drained)
    await clock.advance(0)
    expect(drained).not.toHaveBeenCalled()
    wire.release()
    await clock.advance(0)
    outbox.forget(outbox.sent.slice(0, 1))
    await clock.advance(0)
    expect(drained).not.toHaveBeenCalled()
    outbox.forget(outbox.sent)
    await clock.advance(0)

    expect(drained).toHaveBeenCalledTimes(1)
  })

  test('goes on when another process has sent the rest', async () => {
    const { clock, outbox } = stage('from')
    outbox.adopt([owe('subscribed')])
    const drained = vi.fn()
    void outbox.drained().then(drained)
    outbox.adopt([])
    await clock.advance(0)

    expect(drained).toHaveBeenCalledTimes(1)
  })
})

test('An outbox that was stopped keeps no timer', async () => {
  const { clock, settle, outbox, decide } = stage('from')
  decide('subscribed')
  outbox.adopt([owe('unsubscribe')])
  await clock.advance(0)
  outbox.stop()
  await clock.advance(MINUTE)

  expect(clock.waiting).toBe(0)
  expect(settle).not.toHaveBeenCalled()
})
