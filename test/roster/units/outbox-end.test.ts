import { describe, expect, test, vi } from 'vitest'
import { rosterItem } from '../../../src/core/item.js'
import { Book } from '../../../src/roster/book.js'
import { Outbox } from '../../../src/roster/outbox.js'
import type { Owed } from '../../../src/storage/port.js'
import { manualClock } from '../../../src/testing/clock.js'
import { fakeWire, stanzaOf } from './support/fake-wire.js'

const JULIET = 'juliet@example.com'
const MINUTE = 60_000

type OwedType = 'subscribed' | 'subscribe' | 'unsubscribe'

const owe = (type: OwedType): Owed => ({ id: type, at: 0, xml: stanzaOf({ type, to: JULIET }).toString() })

function stage() {
  const [wire, clock, book, settle] = [fakeWire(), manualClock(), new Book(), vi.fn<() => void>()]
  book.items.set(JULIET, rosterItem({ jid: JULIET, state: 'from' }))
  const outbox = new Outbox(wire, clock, book, { settle, takeUp: () => undefined })
  const decide = (type: OwedType): void => outbox.add(owe(type), stanzaOf({ type, to: JULIET }))
  return { wire, clock, settle, outbox, decide }
}

describe('Whoever waits until this process has written', () => {
  test('waits for its own writes, whether or not they succeed, and not for what others owe', async () => {
    const { wire, clock, outbox, decide } = stage()
    outbox.adopt([owe('unsubscribe')])
    await expect(outbox.written()).resolves.toBeUndefined()
    wire.slow = true
    decide('subscribed')
    const written = vi.fn()
    void outbox.written().then(written)
    await clock.advance(0)
    expect(written).not.toHaveBeenCalled()
    wire.release()
    await clock.advance(0)

    expect(written).toHaveBeenCalledTimes(1)
  })

  test('waits no longer when the session is over', async () => {
    const { wire, outbox, decide } = stage()
    wire.slow = true
    decide('subscribed')
    const written = outbox.written()
    outbox.cut()

    await expect(written).resolves.toBeUndefined()
  })
})

test('An outbox that has ended sends and writes down nothing any more', async () => {
  const { wire, clock, settle, outbox, decide } = stage()
  wire.slow = true
  decide('subscribed')
  outbox.end()
  decide('subscribe')
  outbox.flush()
  wire.release()
  await clock.advance(MINUTE)

  expect([wire.written.length, clock.waiting, settle.mock.calls.length]).toEqual([1, 0, 0])
})
