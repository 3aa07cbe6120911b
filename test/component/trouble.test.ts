import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { MemoryStorage, type RosterEvent } from '../../src/index.js'
import { faultyStorage } from '../../src/testing.js'
import {
  BOT,
  JULIET,
  openBot,
  presence,
  probe,
  ROMEO,
  stage,
  store,
  subscribe,
  subscribed,
  turn,
  withContacts,
} from './stage.js'

const rejections: unknown[] = []
const note = (reason: unknown): void => void rejections.push(reason)

beforeEach(() => {
  rejections.length = 0
  process.on('unhandledRejection', note)
})

afterEach(async () => {
  await turn()
  process.off('unhandledRejection', note)
  expect(rejections).toEqual([])
})

const boom = (): never => {
  throw new Error('boom')
}

describe('a listener that throws (promise 26)', () => {
  test('undoes nothing and stops nothing: state, storage, wire and the other listeners', async () => {
    const { bot, roster, storage, hear, said, log } = await withContacts({}, { autoAuthorize: true })
    const heard: string[] = []
    roster.on('transition', boom)
    roster.on('transition', ({ after }) => void heard.push(after))
    await hear(subscribe(ROMEO))
    expect(heard).toEqual(['none+in', 'from', 'from+out'])
    expect([bot.get(ROMEO)?.state, said()]).toEqual(['from+out', ['bot > romeo: subscribed', 'bot > romeo: subscribe']])
    expect((await storage.load(BOT))?.items[0]?.state).toBe('from+out')
    expect(log.of('error').map(({ code }) => code)).toEqual(['LISTENER_FAILED', 'LISTENER_FAILED', 'LISTENER_FAILED'])
  })

  test('an async one that rejects is told as error', async () => {
    const { roster, hear, log } = await withContacts({})
    roster.on('subscribe', async () => boom())
    await hear(subscribe(ROMEO))
    expect(log.of('error').map(({ code }) => code)).toEqual(['LISTENER_FAILED'])
  })

  test('does not fail the command whose events it heard', async () => {
    const { bot, roster } = await withContacts({})
    roster.on('added', boom)
    expect((await bot.update(ROMEO, { name: 'Ro' })).name).toBe('Ro')
  })

  test('for presence keeps the presence', async () => {
    const { bot, roster, hear } = await withContacts({ [ROMEO]: 'both' })
    roster.on('presence', boom)
    roster.on('online', boom)
    await hear(presence(`${ROMEO}/x`))
    expect(bot.presence(ROMEO).available).toBe(true)
  })

  test('an error listener that throws is printed, once a minute; nothing comes back', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const { roster, hear } = await withContacts({ [ROMEO]: 'both' })
    roster.removeAllListeners()
    roster.on('error', boom)
    roster.on('presence', boom)
    await hear(presence(`${ROMEO}/x`), presence(`${ROMEO}/y`))
    expect(printed).toHaveBeenCalledTimes(1)
    printed.mockRestore()
  })

  test('without an error listener trouble is printed, once a minute per code', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const { roster, hear, clock } = await withContacts({ [ROMEO]: 'both' }, { autoAuthorize: boom })
    roster.removeAllListeners()
    await hear(subscribe('a@x.example'), subscribe('b@x.example'))
    expect(printed).toHaveBeenCalledTimes(1)
    await clock.advance(60_000)
    await hear(subscribe('c@x.example'))
    expect(printed).toHaveBeenCalledTimes(2)
    printed.mockRestore()
  })

  test('may call back into the roster', async () => {
    const { bot, roster, hear, said } = await withContacts({})
    roster.on('subscribe', (request) => {
      void request.authorize({ subscribe: false })
      void bot.update(request.contact, { groups: ['new'] })
    })
    await hear(subscribe(ROMEO))
    expect([bot.get(ROMEO)?.state, bot.get(ROMEO)?.groups, said()]).toEqual([
      'from',
      ['new'],
      ['bot > romeo: subscribed'],
    ])
  })
})

describe('a socket that fails (promise 26)', () => {
  test('breaks nothing: what is owed waits, presence and probes are lost, no one is thrown at', async () => {
    const played = await withContacts({ [ROMEO]: 'both', [JULIET]: 'none+in' }, { autoAuthorize: true })
    played.fake.breakSocket(new Error('EPIPE'))
    await played.bot.sendPresence({ show: 'chat' })
    await played.bot.probe()
    await played.bot.authorize(JULIET)
    await played.hear(probe(ROMEO), probe('s@x.example'), subscribe('eve@x.example'))
    expect(played.said()).toEqual([])
    expect([played.bot.get(JULIET)?.state, played.bot.get('eve@x.example')?.state]).toEqual(['from', 'from+out'])
    played.fake.cut()
    played.fake.breakSocket(undefined)
    played.fake.online()
    await turn()
    expect(played.said().filter((word) => word.endsWith(': subscribed'))).toEqual([
      'bot > juliet: subscribed',
      'bot > eve@x.example: subscribed',
    ])
  })

  test('going at any moment leaves no rejection behind', async () => {
    const played = await withContacts({ [ROMEO]: 'both' }, { autoAuthorize: true, presence: { show: 'chat' } })
    played.fake.online()
    played.fake.receive(subscribe(JULIET), probe(ROMEO))
    played.fake.cut()
    await turn()
    played.fake.online()
    played.fake.cut()
    await turn()
    expect(played.log.of('error')).toEqual([])
  })
})

describe('a storage that fails (promise 26)', () => {
  test('everywhere at once leaves no rejection behind', async () => {
    const storage = new MemoryStorage()
    await store(storage, { [ROMEO]: 'both' })
    const down = async (): Promise<never> => boom()
    const failing = { load: down, commit: down, owners: boom, watch: down, loadMany: down }
    const { roster, fake, hear, log } = await stage({ storage: failing, owners: [BOT] })
    fake.cut()
    fake.online()
    await hear(subscribe(ROMEO), probe(ROMEO), presence(`${ROMEO}/x`))
    const pending = expect(roster.pending().next()).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    await pending
    await roster.close()
    expect(new Set(log.of('error').map(({ code }) => code))).toEqual(new Set(['STORAGE_FAILED']))
  })
})

describe('calls that give up', () => {
  test('an aborted signal rejects with its reason before anything happens', async () => {
    const { bot, roster, said } = await withContacts({})
    const reason = new Error('enough')
    const signal = AbortSignal.abort(reason)
    await expect(bot.subscribe(ROMEO, { signal })).rejects.toBe(reason)
    await expect(bot.update(ROMEO, {}, { signal })).rejects.toBe(reason)
    await expect(roster.open('x@bots.example', { signal })).rejects.toBe(reason)
    await expect(roster.forget(BOT, { signal })).rejects.toBe(reason)
    expect([said(), bot.size, roster.has('x@bots.example')]).toEqual([[], 0, false])
  })

  test('ready() gives up after its timeout, or when its signal says so', async () => {
    const { roster, clock } = await stage({ online: false })
    const late = expect(roster.ready({ timeout: 1_000 })).rejects.toMatchObject({ code: 'TIMED_OUT' })
    await clock.advance(1_000)
    await late
    const abort = new AbortController()
    const stopped = roster.ready({ signal: abort.signal })
    abort.abort(new Error('stop'))
    await expect(stopped).rejects.toThrow('stop')
    const closed = expect(roster.ready()).rejects.toMatchObject({ code: 'CLOSED' })
    await roster.close()
    await closed
  })
})

describe('calls that gave up before they could wait (promise 26)', () => {
  test('leave no rejection behind when close() comes: ready()', async () => {
    const { roster } = await stage({ online: false })
    const reason = new Error('enough')
    await expect(roster.ready({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await roster.close()
  })

  test('leave no rejection behind when close() comes: forget(), given up while the end was stored', async () => {
    const abort = new AbortController()
    const memory = new MemoryStorage()
    await store(memory, { [ROMEO]: 'both' })
    const storage = faultyStorage(memory, ({ method }) => {
      if (method === 'commit') abort.abort(new Error('enough'))
      return undefined
    })
    const { fake, roster } = await stage({ storage })
    await roster.open(BOT)
    fake.fill()
    await expect(roster.forget(BOT, { signal: abort.signal })).rejects.toThrow('enough')
    const closing = roster.close()
    fake.cut()
    await closing
  })
})

describe('events()', () => {
  const next = async (stream: AsyncIterator<RosterEvent>): Promise<string | undefined> =>
    (await stream.next()).value?.type

  test('gives all events in their order, from now on', async () => {
    const { roster, hear } = await withContacts({}, { autoAuthorize: false })
    await hear(subscribe(JULIET))
    const stream = roster.events()
    await hear(subscribe(ROMEO))
    expect([await next(stream), await next(stream), await next(stream)]).toEqual([
      'transition',
      'transition',
      'subscribe',
    ])
    await stream.return?.()
    expect((await stream.next()).done).toBe(true)
  })

  test('gives only the types that were asked for, and narrows on them', async () => {
    const { roster, hear } = await withContacts({ [ROMEO]: 'both' })
    const stream = roster.events({ types: ['online'] })
    await hear(presence(`${ROMEO}/x`))
    for await (const { type, event } of stream) {
      expect([type, event.contact, event.presence.resource]).toEqual(['online', ROMEO, 'x'])
      break
    }
  })

  test('ends with its signal, and rejects beyond its limit', async () => {
    const { roster, hear } = await withContacts({ [ROMEO]: 'both' })
    const abort = new AbortController()
    const stopped = roster.events({ signal: abort.signal }).next()
    abort.abort(new Error('stop'))
    await expect(stopped).rejects.toThrow('stop')
    const small = roster.events({ limit: 1 })
    await hear(presence(`${ROMEO}/x`))
    await expect(small.next()).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

test('counters are plain numbers, a frozen copy', async () => {
  const { roster, hear } = await withContacts({}, { autoAuthorize: true })
  const before = roster.counters
  await hear(subscribe(ROMEO), subscribed(ROMEO), subscribed(ROMEO), probe('eve@x.example'))
  const { counters } = roster
  expect(before['transitions']).toBeUndefined()
  expect(counters).toMatchObject({
    'requests.authorize': 1,
    transitions: 4,
    strays: 1,
    'probes.answered': 1,
    'rosters.loaded': 2,
  })
  expect(Object.values(counters).every((value) => typeof value === 'number')).toBe(true)
  expect(Object.isFrozen(counters)).toBe(true)
})

test('the map of rosters reads like a map', async () => {
  const played = await stage()
  const bot = await openBot(played)
  const { roster } = played
  expect([...roster.keys()]).toEqual(['bots.example', BOT])
  expect([...roster.values()]).toEqual([roster.own, bot])
  expect(new Map(roster).get(BOT)).toBe(bot)
  expect([roster.get(`${BOT}/x`), roster.has('BOT@bots.example'), roster.size]).toEqual([bot, true, 2])
})
