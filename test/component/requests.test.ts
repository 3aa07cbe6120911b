import { describe, expect, test } from 'vitest'
import type { AutoAuthorize, SubscriptionAsk } from '../../src/index.js'
import { BOT, presence, ROMEO, stage, store, subscribe, subscribed, turn, unsubscribe, withContacts } from './stage.js'

const answers: readonly {
  readonly policy: AutoAuthorize
  readonly decision: string
  readonly sent: readonly string[]
}[] = [
  { policy: false, decision: 'deny', sent: ['bot > romeo: unsubscribed'] },
  { policy: null, decision: 'defer', sent: [] },
  { policy: () => true, decision: 'authorize', sent: ['bot > romeo: subscribed'] },
  { policy: () => 'authorize', decision: 'authorize', sent: ['bot > romeo: subscribed'] },
  { policy: () => false, decision: 'deny', sent: ['bot > romeo: unsubscribed'] },
  { policy: () => 'deny', decision: 'deny', sent: ['bot > romeo: unsubscribed'] },
  { policy: () => null, decision: 'defer', sent: [] },
  { policy: () => undefined, decision: 'defer', sent: [] },
  { policy: () => 'defer', decision: 'defer', sent: [] },
  { policy: async () => true, decision: 'authorize', sent: ['bot > romeo: subscribed'] },
  { policy: async () => false, decision: 'deny', sent: ['bot > romeo: unsubscribed'] },
  { policy: async () => undefined, decision: 'defer', sent: [] },
]

describe('a subscription request', () => {
  test('is accepted by true: told, shown the presence, asked back, and it ends in both (promise 4)', async () => {
    const { bot, hear, said, told } = await withContacts({}, { autoAuthorize: true })
    await bot.sendPresence({ show: 'chat' })

    await hear(subscribe(ROMEO))
    expect(said()).toEqual(['bot > romeo: subscribed', 'bot > romeo: chat', 'bot > romeo: subscribe'])
    expect(told()).toEqual([
      'added romeo',
      'romeo none > none+in by stanza',
      'romeo none+in > from by policy',
      'romeo from > from+out by policy',
      'subscribe romeo: authorize',
    ])

    await hear(subscribed(ROMEO))
    expect(bot.get(ROMEO)?.state).toBe('both')
    expect(said()).toEqual([])
    expect(told()).toEqual(['updated romeo', 'romeo from+out > both by stanza', 'subscribed romeo, was from+out'])
  })

  test.each(answers)('is answered as $policy says: $decision (SM14)', async ({ policy, decision, sent }) => {
    const { hear, said, log } = await withContacts({}, { autoAuthorize: policy, autoSubscribe: false })
    await hear(subscribe(ROMEO))
    expect(log.of('subscribe').map((request) => request.decision)).toEqual([decision])
    expect(said()).toEqual(sent)
  })

  test('that is ignored leaves no state, no answer, no event and no commit (promise 15)', async () => {
    const { bot, roster, storage, hear, said, told } = await withContacts({}, { autoAuthorize: () => 'ignore' })
    const before = await storage.load(BOT)
    await hear(subscribe(ROMEO))
    expect([bot.size, bot.requests(), bot.state(ROMEO)]).toEqual([0, [], 'none'])
    expect([said(), told()]).toEqual([[], []])
    expect(await storage.load(BOT)).toBe(before)
    expect(roster.counters['requests.ignore']).toBe(1)
  })

  test('that a policy ignores late is forgotten without an answer (promise 7)', async () => {
    const { bot, hear, said, log } = await withContacts({}, { autoAuthorize: async () => 'ignore' as const })
    await hear(subscribe(ROMEO))
    expect([bot.size, bot.requests(), bot.state(ROMEO)]).toEqual([0, [], 'none'])
    expect(said()).toEqual([])
    expect(log.of('subscribe')).toEqual([])
  })

  test('of which a policy throws is deferred, never accepted, and the application hears why (promise 7)', async () => {
    const policy = () => {
      throw new Error('no database')
    }
    const { bot, hear, said, told } = await withContacts({}, { autoAuthorize: policy })
    await hear(subscribe(ROMEO))
    expect(bot.state(ROMEO)).toBe('none+in')
    expect(said()).toEqual([])
    expect(told()).toEqual(['error POLICY_FAILED', 'romeo none > none+in by stanza', 'subscribe romeo: defer'])
  })

  test('of which a policy rejects is deferred (promise 7)', async () => {
    const { bot, hear, said, log } = await withContacts({}, { autoAuthorize: () => Promise.reject(new Error('no')) })
    await hear(subscribe(ROMEO))
    expect(bot.requests()).toHaveLength(1)
    expect(said()).toEqual([])
    expect(log.of('error').map((error) => error.code)).toEqual(['POLICY_FAILED'])
    expect(log.of('subscribe').map((request) => request.decision)).toEqual(['defer'])
  })

  test('whose policy outlasts policyTimeout is deferred, its signal aborted, and the late yes counts for nothing (promise 7)', async () => {
    let signal: AbortSignal | undefined
    let sayYes: (yes: true) => void = () => undefined
    const autoAuthorize: AutoAuthorize = (_ask, context) => {
      signal = context.signal
      return new Promise((resolve) => {
        sayYes = resolve
      })
    }
    const { bot, clock, hear, said, log } = await withContacts({}, { autoAuthorize, policyTimeout: 5_000 })
    await hear(subscribe(ROMEO))
    await clock.advance(4_999)
    expect([signal?.aborted, log.of('subscribe').length]).toEqual([false, 0])
    await clock.advance(1)
    expect([signal?.aborted, log.of('subscribe')[0]?.decision]).toEqual([true, 'defer'])
    sayYes(true)
    await turn()
    expect(bot.state(ROMEO)).toBe('none+in')
    expect(said()).toEqual([])
  })

  test('is stored as pending before the policy is asked, and its owner is free meanwhile (promise 7)', async () => {
    const seen: unknown[] = []
    let answer: (decision: boolean) => void = () => undefined
    const { bot, storage, hear, said } = await withContacts(
      {},
      {
        autoSubscribe: false,
        autoAuthorize: () => new Promise((resolve) => (answer = resolve)),
      },
    )
    await hear(subscribe(ROMEO))
    seen.push((await storage.load(BOT))?.items.map(({ jid, state, unlisted }) => [jid, state, unlisted]))
    await bot.update('other@home.example', { name: 'Other' })
    expect(seen).toEqual([[[ROMEO, 'none+in', true]]])
    answer(true)
    await turn()
    expect(bot.state(ROMEO)).toBe('from')
    expect(said()).toEqual(['bot > romeo: subscribed'])
  })

  test('that is withdrawn while the policy thinks is not answered (promise 7)', async () => {
    let answer: (decision: boolean) => void = () => undefined
    const { bot, hear, said, log } = await withContacts(
      {},
      {
        autoAuthorize: () => new Promise((resolve) => (answer = resolve)),
      },
    )
    await hear(subscribe(ROMEO))
    await hear(unsubscribe(ROMEO))
    said()
    answer(true)
    await turn()
    expect(bot.state(ROMEO)).toBe('none')
    expect(said()).toEqual([])
    expect(log.of('subscribe')).toEqual([])
  })

  test('is put to the policy with all that it says: who, whom, nick, status, when, the stanza (SM9)', async () => {
    const asked: SubscriptionAsk[] = []
    const { clock, hear } = await withContacts({ [ROMEO]: 'to' }, { autoAuthorize: (ask) => void asked.push(ask) })
    await hear(
      subscribe(
        `${ROMEO}/orchard`,
        `${BOT}/x`,
        '<nick xmlns="http://jabber.org/protocol/nick">Ro</nick><status>hi</status>',
      ),
    )
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatchObject({
      owner: BOT,
      contact: ROMEO,
      nick: 'Ro',
      status: 'hi',
      item: { jid: ROMEO, subscription: 'to' },
      receivedAt: new Date(clock.now()),
    })
    expect(asked[0]?.stanza.attrs['type']).toBe('subscribe')
  })

  test('repeated while it waits is neither asked about nor told again (promise 3, SM10)', async () => {
    const asked: string[] = []
    const { bot, hear, said, log } = await withContacts({}, { autoAuthorize: (ask) => void asked.push(ask.contact) })
    await hear(subscribe(ROMEO), subscribe(ROMEO))
    await hear(subscribe(ROMEO))
    expect([asked.length, log.of('subscribe').length, bot.requests().length]).toEqual([1, 1, 1])
    expect(said()).toEqual([])
  })

  test('of a subscriber is answered with subscribed, without a change or an event (RFC 6121 §3.1.3 MUST)', async () => {
    const { bot, hear, said, told } = await withContacts({ [ROMEO]: 'both' }, { autoAuthorize: false })
    await bot.sendPresence({ status: 'here' })
    said()
    await hear(subscribe(ROMEO))
    expect(said()).toEqual(['bot > romeo: subscribed', 'bot > romeo: available "here"'])
    expect([bot.get(ROMEO)?.state, told()]).toEqual(['both', []])
  })
})

describe('which policy answers', () => {
  test('is looked up when the request comes: owner, then roster; also for owners from storage (DB1)', async () => {
    const played = await stage()
    const { roster, storage, hear, log } = played
    await store(storage, {}, 'open@bots.example')
    await store(storage, {}, 'shy@bots.example')
    roster.autoAuthorize = false
    const shy = await roster.open('shy@bots.example')
    await roster.open('open@bots.example')
    roster.autoAuthorize = true
    shy.autoAuthorize = null
    await hear(subscribe(ROMEO, 'open@bots.example'), subscribe(ROMEO, 'shy@bots.example'))
    const decisions = log.of('subscribe').map(({ owner, decision }) => [owner, decision])
    expect(decisions).toContainEqual(['open@bots.example', 'authorize'])
    expect(decisions).toContainEqual(['shy@bots.example', 'defer'])
    shy.autoAuthorize = undefined
    await hear(subscribe('juliet@home.example', 'shy@bots.example'))
    expect(log.of('subscribe').at(-1)?.decision).toBe('authorize')
  })

  test('is null unless somebody sets one: a stored owner accepts no stranger after a restart (DB1)', async () => {
    const { bot, hear, said } = await withContacts({})
    await hear(subscribe(ROMEO))
    expect([bot.state(ROMEO), said()]).toEqual(['none+in', []])
  })

  test('autoSubscribe of the owner goes before that of the roster', async () => {
    const { bot, hear, said } = await withContacts({}, { autoAuthorize: true, autoSubscribe: true })
    bot.autoSubscribe = false
    await hear(subscribe(ROMEO))
    expect([bot.get(ROMEO)?.state, said()]).toEqual(['from', ['bot > romeo: subscribed']])
  })

  test.each([
    ['to', 'both'],
    ['none+out', 'from+out'],
  ] as const)(
    'autoSubscribe does not ask again when the owner stands at %s (SM1, promise 4)',
    async (before, after) => {
      const { bot, hear, said } = await withContacts({ [ROMEO]: before }, { autoAuthorize: true })
      await hear(subscribe(ROMEO))
      expect(bot.get(ROMEO)?.state).toBe(after)
      expect(said()).toEqual(['bot > romeo: subscribed'])
    },
  )

  test('a mutual subscription that the owner began ends in both, and an unsubscribed ends it (SM1)', async () => {
    const { bot, hear, told } = await withContacts({}, { autoAuthorize: true })
    await bot.subscribe(ROMEO)
    await hear(subscribed(ROMEO))
    await hear(subscribe(ROMEO))
    expect(bot.get(ROMEO)).toMatchObject({ state: 'both', pendingOut: false })
    told()
    await hear(presence(ROMEO, BOT, 'unsubscribed'))
    expect(bot.get(ROMEO)?.state).toBe('from')
    expect(told()).toContain('unsubscribed romeo, was both')
  })
})
