import { expect, test } from 'vitest'
import type { Decision, RosterOptions, SubscriptionAsk } from '../../src/index.js'
import { ACCOUNT, item, presence, turn } from '../support/fake-client.js'
import { type Given, loggedIn as login, NURSE, ROMEO } from './stage.js'

const ask = presence(ROMEO, 'subscribe')
const sent = (type: string, to: string = ROMEO): string => `<presence to="${to}" type="${type}"/>`

const loggedIn = (options: RosterOptions = {}, items = ''): Promise<Given> => login(items, options)

test('by default a client accepts and asks back, as SleekXMPP does (SM14)', async () => {
  const { juliet, log } = await loggedIn()
  juliet.receive(ask)
  await turn()
  expect(juliet.said()).toEqual([sent('subscribed'), sent('subscribe')])
  expect(log.take()).toEqual([`${ROMEO} none > none+in by stanza`, `subscribe ${ROMEO}: authorize`])
})

test.each([['to'], ['none" ask="subscribe']])(
  'who is asked or seen already (%s) is not asked back (SM1, promise 4)',
  async (subscription) => {
    const { juliet } = await loggedIn({}, item(ROMEO, subscription))
    juliet.receive(ask)
    await turn()
    expect(juliet.said()).toEqual([sent('subscribed')])
  },
)

test('autoSubscribe false: accepted, not asked back', async () => {
  const { juliet } = await loggedIn({ autoSubscribe: false })
  juliet.receive(ask)
  await turn()
  expect(juliet.said()).toEqual([sent('subscribed')])
})

test('autoAuthorize false: declined; nothing else is sent, and nobody becomes a contact (SM8)', async () => {
  const { juliet, roster, log } = await loggedIn({ autoAuthorize: false })
  juliet.receive(ask)
  await turn()
  expect(juliet.said()).toEqual([sent('unsubscribed')])
  expect(log.take().filter((line) => line.startsWith('subscribe'))).toEqual([`subscribe ${ROMEO}: deny`])
  expect([roster.own.size, roster.own.state(ROMEO), roster.own.requests()]).toEqual([0, 'none', []])
})

test('autoAuthorize null: the request waits, the asker is no item, nothing is sent (RFC 6121 §3.1.3, SM10)', async () => {
  const { juliet, roster, log } = await loggedIn({ autoAuthorize: null })
  juliet.receive(
    presence(ROMEO, 'subscribe', '<status>hi</status><nick xmlns="http://jabber.org/protocol/nick">R</nick>'),
  )
  await turn()
  expect(log.take()).toEqual([`${ROMEO} none > none+in by stanza`, `subscribe ${ROMEO}: defer`])
  expect([juliet.said(), roster.own.size, roster.own.state(ROMEO)]).toEqual([[], 0, 'none+in'])
  const [request] = roster.own.requests()
  expect(request).toMatchObject({ owner: ACCOUNT, contact: ROMEO, nick: 'R', status: 'hi', decision: 'defer' })
  expect([request?.receivedAt, request?.item, request?.stanza.is('presence')]).toEqual([
    new Date(1_000),
    undefined,
    true,
  ])
})

test('the policy is looked up for each request: owner, then roster (DB1)', async () => {
  const { juliet, roster, log } = await loggedIn()
  roster.autoAuthorize = false
  juliet.receive(ask)
  roster.own.autoAuthorize = null
  juliet.receive(presence(NURSE, 'subscribe'))
  await turn()
  expect(log.of('subscribe').map(({ decision }) => decision)).toEqual(['deny', 'defer'])
})

test.each<[Decision | boolean | null | undefined, Decision]>([
  [true, 'authorize'],
  [false, 'deny'],
  [null, 'defer'],
  [undefined, 'defer'],
  ['authorize', 'authorize'],
  ['deny', 'deny'],
  ['defer', 'defer'],
])('a policy that answers %s, at once or later, means %s (SM14)', async (answer, decision) => {
  for (const policy of [() => answer, async () => answer]) {
    const { juliet, log } = await loggedIn({ autoAuthorize: policy })
    juliet.receive(ask)
    await turn()
    expect(log.of('subscribe').map((request) => request.decision)).toEqual([decision])
  }
})

test('"ignore" leaves no state, no answer and no event', async () => {
  for (const policy of [() => 'ignore' as const, async () => 'ignore' as const]) {
    const { juliet, roster, log } = await loggedIn({ autoAuthorize: policy })
    juliet.receive(ask)
    await turn()
    expect([juliet.said(), roster.own.requests(), roster.own.state(ROMEO)]).toEqual([[], [], 'none'])
    expect(log.of('subscribe')).toEqual([])
  }
})

test('a policy is asked with data: who, nick, status, item, time (SM14)', async () => {
  const asked: SubscriptionAsk[] = []
  const policy = (request: SubscriptionAsk): boolean => asked.push(request) === 0
  const { juliet } = await loggedIn({ autoAuthorize: policy }, item(ROMEO, 'to', ' name="Romeo"'))
  juliet.receive(presence('Romeo@Example.NET/orchard', 'subscribe', '<status>hi</status>'))
  await turn()
  expect(asked).toMatchObject([
    {
      owner: ACCOUNT,
      contact: ROMEO,
      status: 'hi',
      nick: undefined,
      item: { name: 'Romeo' },
      receivedAt: new Date(1_000),
    },
  ])
})

test('a policy that throws or rejects defers, with an error (promise 7)', async () => {
  const fails = [
    () => {
      throw new Error('down')
    },
    async () => Promise.reject(new Error('down')),
  ]
  for (const autoAuthorize of fails) {
    const { juliet, roster, log } = await loggedIn({ autoAuthorize })
    juliet.receive(ask)
    await turn()
    expect(log.of('error')).toMatchObject([{ code: 'POLICY_FAILED', contact: ROMEO }])
    expect([juliet.said(), roster.own.requests().length]).toEqual([[], 1])
  }
})

test('a policy that outlasts its time is aborted and defers; its late answer does not count (promise 7)', async () => {
  let late: (answer: boolean) => void = () => undefined
  let signal: AbortSignal | undefined
  const { juliet, roster, log, clock } = await loggedIn({
    policyTimeout: 500,
    autoAuthorize: (_ask, context) => {
      signal = context.signal
      return new Promise((resolve) => {
        late = resolve
      })
    },
  })
  juliet.receive(ask)
  await clock.advance(499)
  expect(signal?.aborted).toBe(false)
  await clock.advance(1)
  expect(signal?.reason).toMatchObject({ code: 'TIMED_OUT' })
  late(true)
  await turn()
  expect(log.of('subscribe').map(({ decision }) => decision)).toEqual(['defer'])
  expect([juliet.said(), roster.own.requests().length]).toEqual([[], 1])
})

test('while a policy thinks the request is known, and an answer of the application wins (promise 7)', async () => {
  let answer: (answer: boolean) => void = () => undefined
  const policy = (): Promise<boolean> => new Promise((resolve) => (answer = resolve))
  const { juliet, roster, log } = await loggedIn({ autoAuthorize: policy })
  juliet.receive(ask)
  await turn()
  expect(roster.own.requests()).toHaveLength(1)
  expect(await roster.own.unauthorize(ROMEO)).toBe(true)
  answer(true)
  await turn()
  expect(juliet.said()).toEqual([sent('unsubscribed')])
  expect(log.of('subscribe')).toEqual([])
})

test('a session that ends while a policy thinks makes its answer void (promise 7)', async () => {
  const answers: ((answer: boolean) => void)[] = []
  const policy = (): Promise<boolean> => new Promise((resolve) => answers.push(resolve))
  const { juliet } = await loggedIn({ autoAuthorize: policy })
  juliet.receive(ask)
  await turn()
  juliet.stop()
  await juliet.login()
  // In the same millisecond, to the letter.
  juliet.receive(ask)
  await turn()
  answers[0]?.(true)
  await turn()
  expect(juliet.said()).toEqual([])
  answers[1]?.(false)
  await turn()
  expect(juliet.said()).toEqual([sent('unsubscribed')])
})

test('a withdrawal while a policy thinks makes its answer void', async () => {
  let answer: (answer: boolean) => void = () => undefined
  const policy = (): Promise<boolean> => new Promise((resolve) => (answer = resolve))
  const { juliet, roster } = await loggedIn({ autoAuthorize: policy })
  juliet.receive(ask)
  await turn()
  juliet.receive(presence(ROMEO, 'unsubscribe'))
  await turn()
  answer(true)
  await turn()
  expect([juliet.said(), roster.own.requests()]).toEqual([[], []])
})
