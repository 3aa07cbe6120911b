import { expect, test } from 'vitest'
import { ejabberdAdmin } from '../../../src/admin.js'
import { type Answering, before2402, done, fakeApi, html, json, type Reply, since2402 } from './support/fake-api.js'

const ALICE = 'alice@example.com'
const BOB = 'bob@example.net'
const BOB_AS_TOLD = { name: 'Bob', groups: ['A', 'B b'], subscription: 'both' } as const

const WRITTEN = { localuser: 'alice', localhost: 'example.com', user: 'bob', host: 'example.net', nick: 'Bob' }

const answering: Answering = ({ path }) => (path.startsWith('user_resources') ? json(['desk']) : done)

test('before 24.02, groups are one text and a priority is text, and no version stands behind a command', async () => {
  const api = await fakeApi(before2402(answering))
  const admin = ejabberdAdmin(api)
  await admin.put(ALICE, BOB, BOB_AS_TOLD)
  await admin.setPresence(`${ALICE}/desk`, { show: 'away', priority: 5 })
  expect(api.args('add_rosteritem')).toEqual([{ ...WRITTEN, group: 'A;B b', subs: 'both' }])
  expect(api.args('set_presence')).toMatchObject([{ type: 'available', show: 'away', status: '', priority: '5' }])
})

test('from 24.02 on, groups are a list and a priority is a number, and the version is said', async () => {
  const api = await fakeApi(since2402(answering))
  const admin = ejabberdAdmin(api)
  await admin.put(ALICE, BOB, BOB_AS_TOLD)
  await admin.setPresence(`${ALICE}/desk`, { show: 'away', priority: 5 })
  expect(api.args('add_rosteritem/v1')).toEqual([{ ...WRITTEN, groups: ['A', 'B b'], subs: 'both' }])
  expect(api.args('set_presence/v1')).toMatchObject([{ type: 'available', show: 'away', status: '', priority: 5 }])
})

test('the question is asked once for all calls of an admin, also for those that come at the same time', async () => {
  const api = await fakeApi(since2402(() => json([])))
  const admin = ejabberdAdmin(api)
  await Promise.all([admin.list(ALICE), admin.list(BOB), admin.connected(), admin.remove(ALICE, BOB)])
  await admin.list(ALICE)
  expect(api.calls).toHaveLength(6)
  expect(api.calls.map(({ path, args }) => `${path} ${JSON.stringify(args)}`)[0]).toBe('get_roster/v1 {}')
})

test.each<[who: string, reply: Reply]>([
  ['may not read rosters', json({ status: 'error', code: 32, message: 'AccessRules: …' }, 403)],
  ['has a server without that command', json({ status: 'error', code: 40, message: 'Endpoint not found.' }, 404)],
  ['is no administrator, and gets the own roster', json([])],
])('who %s is told the dialect all the same', async (_who, reply) => {
  const api = await fakeApi(({ args }) => (Object.keys(args).length === 0 ? reply : done))
  await ejabberdAdmin(api).put(ALICE, BOB, BOB_AS_TOLD)
  expect(api.args('add_rosteritem/v1')).toHaveLength(1)
})

test('a question that failed is asked again by the next call', async () => {
  const replies: Reply[] = [html(503), 'cut', json({ status: 'error', code: 10, message: 'No.' }, 401)]
  const api = await fakeApi((call) => replies.shift() ?? since2402(() => json([]))(call))
  const admin = ejabberdAdmin(api)
  await expect(admin.list(ALICE)).rejects.toMatchObject({ code: 'REFUSED', condition: 'service-unavailable' })
  await expect(admin.list(ALICE)).rejects.toMatchObject({ code: 'NOT_CONNECTED', owner: ALICE })
  await expect(admin.list(ALICE)).rejects.toMatchObject({ code: 'REFUSED', condition: 'not-authorized' })
  expect(await admin.list(ALICE)).toEqual([])
  expect(api.calls).toHaveLength(5)
})

test('a question that fails fails for all who wait for it, and none of them asks alone', async () => {
  const replies: Reply[] = [html(502)]
  const api = await fakeApi((call) => replies.shift() ?? since2402(() => json([]))(call))
  const admin = ejabberdAdmin(api)
  const answers = await Promise.allSettled([admin.list(ALICE), admin.connected(), admin.list(BOB)])
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  expect(api.calls).toHaveLength(1)
})

/** Something that somebody waits for, and somebody else makes happen. */
const gate = (): { readonly passed: Promise<void>; open(): void } => {
  let open = (): void => undefined
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open: () => open() }
}

test('who loses patience with the question does not end it for the others', async () => {
  const [asked, answered] = [gate(), gate()]
  const api = await fakeApi(async (call) => {
    asked.open()
    await answered.passed
    return since2402(() => json([]))(call)
  })
  const admin = ejabberdAdmin(api)
  const stop = new AbortController()
  const impatient = admin.list(ALICE, { signal: stop.signal })
  const patient = admin.list(BOB)
  await asked.passed
  stop.abort(new DOMException('Enough', 'AbortError'))
  await expect(impatient).rejects.toBe(stop.signal.reason)
  answered.open()
  expect(await patient).toEqual([])
  expect(api.calls).toHaveLength(2)
})

test('when nobody waits for the question any more it is called off, and the next call asks anew', async () => {
  const dropped = gate()
  const api = await fakeApi(since2402(() => json([])))
  let isFirst = true
  const admin = ejabberdAdmin({
    ...api,
    fetch: (input, init) => {
      if (!isFirst) return fetch(input, init)
      isFirst = false
      return new Promise((_, reject) => {
        init?.signal?.addEventListener('abort', () => {
          dropped.open()
          reject(init.signal?.reason)
        })
      })
    },
  })
  await expect(admin.list(ALICE, { timeout: 20 })).rejects.toMatchObject({ code: 'TIMED_OUT', owner: ALICE })
  await dropped.passed
  expect(await admin.list(ALICE)).toEqual([])
})
