import { expect, test } from 'vitest'
import { item, turn } from '../support/fake-client.js'
import { created, ROMEO } from './stage.js'

test('ready resolves with the roster once it has come, for everybody who waits and whoever comes later', async () => {
  const { juliet, roster } = created()
  const waiting = [roster.ready(), roster.ready()]
  await juliet.login(item(ROMEO, 'both'))
  expect(await Promise.all(waiting)).toEqual([roster.own, roster.own])
  expect(await roster.ready()).toBe(roster.own)
  expect(roster.own.loaded).toBe(true)
})

test('ready waits for the next session when there is none', async () => {
  const { juliet, roster } = created()
  await juliet.login()
  juliet.stop()
  let isReady = false
  const ready = roster.ready().then(() => {
    isReady = true
  })
  await turn()
  expect(isReady).toBe(false)
  await juliet.login(item(ROMEO, 'both'))
  await ready
  expect(roster.own.size).toBe(1)
})

test('ready does not mind a session that ends before its roster came', async () => {
  const { juliet, roster, log } = created()
  const ready = roster.ready()
  juliet.online()
  await turn()
  juliet.stop()
  await juliet.login(item(ROMEO, 'both'))
  expect(await ready).toBe(roster.own)
  expect(log.of('error')).toEqual([])
})

test('a refused roster: ready rejects with what the server said, an error is told, and presence is sent all the same', async () => {
  const { juliet, roster, log } = created()
  const ready = expect(roster.ready()).rejects.toMatchObject({ code: 'REFUSED', condition: 'service-unavailable' })
  juliet.online()
  await turn()
  juliet.refuse('service-unavailable', 'get')
  await ready
  await turn()
  expect(log.take()).toEqual(['error REFUSED'])
  expect(juliet.said().at(-1)).toBe('<presence/>')
  expect(roster.own.loaded).toBe(false)
})

test('a refused roster can be fetched later, and ready resolves then', async () => {
  const { juliet, roster } = created()
  juliet.online()
  await turn()
  juliet.refuse('service-unavailable', 'get')
  await turn()
  const ready = roster.ready()
  const resynced = roster.own.resync()
  await turn()
  juliet.answer(item(ROMEO, 'both'))
  await resynced
  expect(await ready).toBe(roster.own)
})

test('a server that does not answer: TIMED_OUT by the roster’s timeout, and presence is sent all the same', async () => {
  const { juliet, roster, clock } = created({ timeout: 5_000 })
  const ready = expect(roster.ready()).rejects.toMatchObject({ code: 'TIMED_OUT' })
  juliet.online()
  await clock.advance(5_000)
  await ready
  await turn()
  expect(juliet.said().at(-1)).toBe('<presence/>')
})

test('ready gives up after its own timeout; the roster comes all the same', async () => {
  const { juliet, roster, clock } = created()
  const ready = expect(roster.ready({ timeout: 50 })).rejects.toMatchObject({ code: 'TIMED_OUT' })
  await clock.advance(50)
  await ready
  await juliet.login(item(ROMEO, 'both'))
  expect(roster.own.size).toBe(1)
})

test('ready gives up with the signal’s reason', async () => {
  const { roster } = created()
  const abort = new AbortController()
  const ready = expect(roster.ready({ signal: abort.signal })).rejects.toThrow('enough')
  abort.abort(new Error('enough'))
  await ready
  await expect(roster.ready({ signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before')
})

test('ready rejects with CLOSED when the roster is closed, before and after', async () => {
  const { roster } = created()
  const ready = expect(roster.ready()).rejects.toMatchObject({ code: 'CLOSED' })
  await roster.close()
  await ready
  await expect(roster.ready()).rejects.toMatchObject({ code: 'CLOSED' })
})
