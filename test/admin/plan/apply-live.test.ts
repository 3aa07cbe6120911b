import { describe, expect, test } from 'vitest'
import { applyPlan, type BulkProgress, planRoster, type RosterPlan } from '../../../src/admin.js'
import type { OwnerRoster, Subscription, SubscriptionState } from '../../../src/index.js'
import { manualClock } from '../../../src/testing.js'
import { created, loggedIn, NURSE, ROMEO as ROMEO_ABROAD } from '../../client/stage.js'
import { BOT, JULIET, openBot, ROMEO, stage, turn, withContacts } from '../../component/stage.js'
import { item, OFFERS, push } from '../../support/fake-client.js'

const EMPTY: RosterPlan = { add: [], update: [], remove: [], conflicts: [], unchanged: 0 }
const DONE = { failed: 0, stopped: false, errors: [] }

/** A state, what is wanted, what is said, the state after it; `approved`: granted in advance (RFC 6121 §3.4). */
type Way = readonly [SubscriptionState, Subscription, readonly string[], Marked<SubscriptionState>]
type Marked<S extends string> = S | `${S} approved`

describe('applyPlan on a roster of a component', () => {
  test('adds, changes and removes, and names only what the plan names', async () => {
    const { bot, said } = await withContacts({ [ROMEO]: 'both', [JULIET]: 'to' })
    await bot.update(JULIET, { name: 'Juliet', groups: ['Mine'] })
    const plan: RosterPlan = {
      ...EMPTY,
      add: [{ jid: 'nurse@home.example', name: 'Nurse', groups: ['Staff'] }],
      update: [{ jid: JULIET, groups: { add: ['Verona'] } }],
      remove: [ROMEO],
    }
    expect(await applyPlan(bot, plan)).toEqual({ done: 3, ...DONE })
    expect(bot.get('nurse@home.example')).toMatchObject({ name: 'Nurse', groups: ['Staff'], state: 'none' })
    expect(bot.get(JULIET)).toMatchObject({ name: 'Juliet', groups: ['Mine', 'Verona'], state: 'to' })
    expect(bot.has(ROMEO)).toBe(false)
    await turn()
    expect(said()).toEqual(['bot > romeo: unsubscribe', 'bot > romeo: unavailable', 'bot > romeo: unsubscribed'])

    expect(await applyPlan(bot, plan)).toEqual({ done: 3, ...DONE })
    await turn()
    expect(said()).toEqual([])
  })

  test('what its owner removes while the plan waits for its turn is not made anew', async () => {
    const { bot } = await withContacts({ [ROMEO]: 'to', [JULIET]: 'to' })
    const clock = manualClock()
    const plan: RosterPlan = { ...EMPTY, update: [JULIET, ROMEO].map((jid) => ({ jid, name: 'New' })) }
    const applying = applyPlan(bot, plan, { rate: 1, clock })
    await clock.advance(500)
    await bot.remove(ROMEO)
    await clock.advance(500)
    expect(await applying).toMatchObject({ done: 1, errors: [{ contact: ROMEO, error: { code: 'PLAN_REFUSED' } }] })
    expect(bot.has(ROMEO)).toBe(false)
  })

  const said = {
    subscribe: ['subscribe'],
    unsubscribe: ['unsubscribe'],
    grant: ['subscribed'],
    cancel: ['unavailable', 'unsubscribed'],
    nothing: [],
  } as const
  const { subscribe, unsubscribe, grant, cancel, nothing } = said
  /** From each state to each subscription that may be wanted: what is said, and the state that the owner comes to alone. */
  const ways: readonly Way[] = [
    ['none', 'none', nothing, 'none'],
    ['none', 'to', subscribe, 'none+out'],
    ['none', 'from', nothing, 'none approved'],
    ['none', 'both', subscribe, 'none+out approved'],
    ['none+out', 'none', unsubscribe, 'none'],
    ['none+out', 'to', nothing, 'none+out'],
    ['none+out', 'from', unsubscribe, 'none approved'],
    ['none+out', 'both', nothing, 'none+out approved'],
    ['none+in', 'none', nothing, 'none+in'],
    ['none+in', 'to', subscribe, 'none+out+in'],
    ['none+in', 'from', grant, 'from'],
    ['none+in', 'both', [...subscribe, ...grant], 'from+out'],
    ['none+out+in', 'none', unsubscribe, 'none+in'],
    ['none+out+in', 'to', nothing, 'none+out+in'],
    ['none+out+in', 'from', [...unsubscribe, ...grant], 'from'],
    ['none+out+in', 'both', grant, 'from+out'],
    ['to', 'none', unsubscribe, 'none'],
    ['to', 'to', nothing, 'to'],
    ['to', 'from', unsubscribe, 'none approved'],
    ['to', 'both', nothing, 'to approved'],
    ['to+in', 'none', unsubscribe, 'none+in'],
    ['to+in', 'to', nothing, 'to+in'],
    ['to+in', 'from', [...unsubscribe, ...grant], 'from'],
    ['to+in', 'both', grant, 'both'],
    ['from', 'none', cancel, 'none'],
    ['from', 'to', [...subscribe, ...cancel], 'none+out'],
    ['from', 'from', nothing, 'from'],
    ['from', 'both', subscribe, 'from+out'],
    ['from+out', 'none', [...unsubscribe, ...cancel], 'none'],
    ['from+out', 'to', cancel, 'none+out'],
    ['from+out', 'from', unsubscribe, 'from'],
    ['from+out', 'both', nothing, 'from+out'],
    ['both', 'none', [...unsubscribe, ...cancel], 'none'],
    ['both', 'to', cancel, 'to'],
    ['both', 'from', unsubscribe, 'from'],
    ['both', 'both', nothing, 'both'],
  ]

  test.each(ways)(
    '%s, and %s is wanted: it says %j and comes to %s (RFC 6121 §3)',
    async (state, wanted, words, after) => {
      const { bot, said } = await withContacts({ [ROMEO]: state })
      const wants = [{ jid: ROMEO, subscription: wanted }]
      const plan = planRoster(bot.values(), wants)
      expect(plan.update).toHaveLength(words.length === 0 && !after.endsWith('approved') ? 0 : 1)
      expect(await applyPlan(bot, plan)).toMatchObject(DONE)
      await turn()
      expect(said()).toEqual(words.map((word) => `bot > romeo: ${word}`))
      expect(`${bot.state(ROMEO)}${bot.get(ROMEO)?.approved === true ? ' approved' : ''}`).toBe(after)

      // The rest is the contact's: there is nothing to plan any more, and the same plan says nothing.
      expect(planRoster(bot.values(), wants)).toEqual({ ...EMPTY, unchanged: 1 })
      expect(await applyPlan(bot, plan)).toMatchObject(DONE)
      await turn()
      expect(said()).toEqual([])
    },
  )

  test('what was granted in advance is taken back when it is wanted no more', async () => {
    const { bot } = await withContacts({ [ROMEO]: 'to' })
    await applyPlan(bot, planRoster(bot.values(), [{ jid: ROMEO, subscription: 'both' }]))
    expect(bot.get(ROMEO)?.approved).toBe(true)
    await applyPlan(bot, planRoster(bot.values(), [{ jid: ROMEO, subscription: 'to' }]))
    expect(bot.get(ROMEO)).toMatchObject({ state: 'to', approved: false })
  })

  test('a contact that is added with both is asked and granted in advance: when it asks, it is answered at once', async () => {
    const played = await stage()
    const bot = await openBot(played)
    const plan = planRoster(bot.values(), [{ jid: ROMEO, name: 'Romeo', subscription: 'both' }])
    expect(plan.add).toHaveLength(1)
    await applyPlan(bot, plan)
    await turn()
    expect(played.said()).toEqual(['bot > romeo: subscribe'])
    await played.hear(
      `<presence from="${ROMEO}" to="${BOT}" type="subscribed"/>`,
      `<presence from="${ROMEO}" to="${BOT}" type="subscribe"/>`,
    )
    expect(bot.get(ROMEO)).toMatchObject({ name: 'Romeo', state: 'both' })
  })

  test('what is to be changed and is gone by now is not made anew', async () => {
    const { bot } = await withContacts({ [ROMEO]: 'to', [JULIET]: 'to' })
    const plan = planRoster(bot.values(), [
      { jid: ROMEO, name: 'R' },
      { jid: JULIET, name: 'J' },
    ])
    await bot.remove(JULIET)
    expect(await applyPlan(bot, plan)).toMatchObject({
      done: 1,
      failed: 1,
      errors: [{ owner: BOT, contact: JULIET, error: { code: 'PLAN_REFUSED' } }],
    })
    expect([...bot.keys()]).toEqual([ROMEO])
  })

  test('stopped, it goes on with the same plan', async () => {
    const { bot } = await withContacts({})
    const jids = ['a', 'b', 'c', 'd'].map((name) => `${name}@home.example`)
    const plan = planRoster(
      bot.values(),
      jids.map((jid) => ({ jid, groups: ['Staff'] })),
    )
    const leaving = new AbortController()
    const onProgress = ({ done }: BulkProgress): void => void (done === 2 && leaving.abort())
    expect(await applyPlan(bot, plan, { signal: leaving.signal, onProgress })).toMatchObject({ done: 2, stopped: true })
    expect(bot.size).toBe(2)
    expect(await applyPlan(bot, plan)).toEqual({ done: 4, ...DONE })
    expect([...bot.keys()]).toEqual(jids)
  })

  test('a roster that was let go is not an empty one', async () => {
    const { bot } = await withContacts({ [ROMEO]: 'to' })
    await bot.release()
    const applying = applyPlan(bot, { ...EMPTY, remove: [ROMEO] })
    await expect(applying).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
  })

  test('the owner itself is refused, and the rest goes on', async () => {
    const { bot } = await withContacts({})
    const summary = await applyPlan(bot, { ...EMPTY, add: [{ jid: BOT }, { jid: ROMEO }] })
    expect(summary).toMatchObject({ done: 1, failed: 1, errors: [{ contact: BOT, error: { code: 'ITEM_INVALID' } }] })
  })
})

describe("applyPlan on a client's roster", () => {
  const wantedOf = (own: OwnerRoster, subscription: Subscription): RosterPlan =>
    planRoster(own.values(), [{ jid: ROMEO_ABROAD, subscription }])

  test('where the server has pre-approval, a subscription of both is asked for and granted in advance', async () => {
    const { juliet, roster } = created()
    await juliet.login(item(ROMEO_ABROAD), undefined, [OFFERS.sub])
    juliet.sent()
    const plan = wantedOf(roster.own, 'both')
    expect(await applyPlan(roster.own, plan)).toEqual({ done: 1, ...DONE })
    expect(juliet.said()).toEqual([
      `<presence to="${ROMEO_ABROAD}" type="subscribe"/>`,
      `<presence to="${ROMEO_ABROAD}" type="subscribed"/>`,
    ])
    juliet.receive(push(item(ROMEO_ABROAD, 'none', ' ask="subscribe" approved="true"')))
    await turn()
    juliet.sent()
    expect(wantedOf(roster.own, 'both')).toEqual({ ...EMPTY, unchanged: 1 })
    expect(await applyPlan(roster.own, plan)).toEqual({ done: 1, ...DONE })
    expect(juliet.said()).toEqual([])
  })

  test('where it has none, that is a failure of the contact, and what comes before it is done', async () => {
    const { juliet, roster } = await loggedIn(item(ROMEO_ABROAD) + item(NURSE, 'both'))
    const plan: RosterPlan = { ...wantedOf(roster.own, 'both'), remove: [NURSE] }
    const applying = applyPlan(roster.own, plan)
    await turn()
    juliet.accept()
    expect(await applying).toMatchObject({
      done: 1,
      failed: 1,
      errors: [{ contact: ROMEO_ABROAD, error: { code: 'UNSUPPORTED' } }],
    })
    expect(juliet.said()[0]).toBe(`<presence to="${ROMEO_ABROAD}" type="subscribe"/>`)
    expect(roster.own.has(NURSE)).toBe(false)
  })

  test('what its server refuses is a failure of that contact', async () => {
    const { juliet, roster } = await loggedIn(item(ROMEO_ABROAD))
    const applying = applyPlan(roster.own, planRoster(roster.own.values(), [{ jid: ROMEO_ABROAD, name: 'R' }]))
    await turn()
    juliet.refuse('not-allowed')
    expect(await applying).toMatchObject({
      done: 0,
      failed: 1,
      errors: [{ contact: ROMEO_ABROAD, error: { code: 'REFUSED', condition: 'not-allowed' } }],
    })
  })

  test('before its roster has come nothing is done, and when the session is lost the rest fails', async () => {
    const before = created()
    await expect(applyPlan(before.roster.own, { ...EMPTY, remove: [NURSE] })).rejects.toMatchObject({
      code: 'NOT_CONNECTED',
    })
    const { juliet, roster } = await loggedIn(item(ROMEO_ABROAD) + item(NURSE))
    const applying = applyPlan(roster.own, { ...EMPTY, remove: [NURSE, ROMEO_ABROAD] })
    await turn()
    juliet.cut()
    expect(await applying).toMatchObject({
      done: 0,
      failed: 2,
      errors: [{ error: { code: 'NOT_CONNECTED' } }, { error: { code: 'NOT_CONNECTED' } }],
    })
  })
})
