import type { Element } from 'ltx/lib/ltx.js'
import { describe, expect, test } from 'vitest'
import {
  applyPlan,
  type BulkProgress,
  parsePlan,
  planRoster,
  type RosterPlan,
  type WantedContact,
} from '../../src/admin.js'
import type { OwnerRoster } from '../../src/index.js'
import { connectBots } from './support/bots.js'
import { type Bot, login } from './support/client-bot.js'
import { freshHuman } from './support/human.js'
import { describeServers, type ServerFixture, settled, stopEntity, until } from './support/index.js'

const NS_ROSTER = 'jabber:iq:roster'
const BOT = 'bot@comp.localhost'
const EMPTY: RosterPlan = { add: [], update: [], remove: [], conflicts: [], unchanged: 0 }
const NOT_STOPPED = { failed: 0, stopped: false, errors: [] }

const staff = (...names: readonly string[]): readonly WantedContact[] =>
  names.map((name) => ({ jid: `${name.toLowerCase()}@localhost`, name, groups: ['Staff'] }))

/** An item in a few words: `ann@localhost none "Ann" Staff`. */
const inWords = (roster: OwnerRoster): readonly string[] =>
  [...roster.values()]
    .map(({ jid, state, name, groups }) =>
      [jid, state, ...(name === undefined ? [] : [`"${name}"`]), ...[...groups].sort()].join(' '),
    )
    .sort()

/** As a file carries it. */
const throughAFile = (plan: RosterPlan): RosterPlan => parsePlan(JSON.parse(JSON.stringify(plan)))

const ofAClient = (server: ServerFixture): void => {
  const isRosterSet = (stanza: Element): boolean =>
    stanza.attrs['type'] === 'set' && stanza.getChild('query', NS_ROSTER) !== undefined
  const rosterSets = ({ log }: Bot): number => log.sent.filter(isRosterSet).length

  test('what is wanted comes, changes and goes; what is the account’s own stays, also what it changed of ours', async () => {
    const alice = await login(server, 'alice')
    await alice.own.update('mum@localhost', { name: 'Mum', groups: ['Family'] })
    const first = staff('Ann', 'Bob', 'Cid')
    expect(await applyPlan(alice.own, throughAFile(planRoster(alice.own.values(), first, { base: [] })))).toEqual({
      done: 3,
      ...NOT_STOPPED,
    })
    await settled(alice.client)
    const mum = 'mum@localhost none "Mum" Family'
    expect(inWords(alice.own)).toEqual([
      'ann@localhost none "Ann" Staff',
      'bob@localhost none "Bob" Staff',
      'cid@localhost none "Cid" Staff',
      mum,
    ])

    // She renames one and throws another one out; meanwhile Ann has married, Bob has left, and Dan is new.
    await alice.own.update('ann@localhost', { groups: { add: ['Lunch'] } })
    await alice.own.remove('cid@localhost')
    await settled(alice.client)
    const second = [{ jid: 'ann@localhost', name: 'Ann B.', groups: ['Staff'] }, ...staff('Cid', 'Dan')]
    const plan = planRoster(alice.own.values(), second, { base: first })
    expect(plan).toEqual({
      add: [{ jid: 'dan@localhost', name: 'Dan', groups: ['Staff'] }],
      update: [{ jid: 'ann@localhost', name: 'Ann B.' }],
      remove: ['bob@localhost'],
      conflicts: [{ jid: 'cid@localhost', reason: expect.stringContaining('removed') }],
      unchanged: 0,
    })
    expect(await applyPlan(alice.own, plan)).toEqual({ done: 3, ...NOT_STOPPED })
    await settled(alice.client)
    const after = ['ann@localhost none "Ann B." Lunch Staff', 'dan@localhost none "Dan" Staff', mum]
    expect(inWords(alice.own)).toEqual(after)

    // Nothing is left to do: neither to plan, nor of that plan.
    const before = rosterSets(alice)
    expect(planRoster(alice.own.values(), second, { base: second })).toMatchObject({ add: [], update: [], remove: [] })
    expect(await applyPlan(alice.own, plan)).toEqual({ done: 3, ...NOT_STOPPED })
    expect(rosterSets(alice)).toBe(before)
    await stopEntity(alice.client)
    const later = await login(server, 'alice', { user: alice.user })
    expect(inWords(later.own)).toEqual(after)
  })

  test('stopped in the midst, the same plan goes on in the next session', async () => {
    const alice = await login(server, 'alice')
    const wanted = staff('A', 'B', 'C', 'D', 'E', 'F')
    const plan = planRoster(alice.own.values(), wanted)
    const leaving = new AbortController()
    const onProgress = ({ done }: BulkProgress): void => void (done === 3 && leaving.abort())
    expect(await applyPlan(alice.own, plan, { signal: leaving.signal, onProgress })).toMatchObject({
      done: 3,
      stopped: true,
    })
    await settled(alice.client)
    await stopEntity(alice.client)
    const later = await login(server, 'alice', { user: alice.user })
    expect(later.own.size).toBe(3)
    expect(await applyPlan(later.own, plan)).toEqual({ done: 6, ...NOT_STOPPED })
    await settled(later.client)
    expect(rosterSets(later)).toBe(3)
    expect(planRoster(later.own.values(), wanted)).toEqual({ ...EMPTY, unchanged: 6 })
  })

  test('a contact that is wanted with both is asked, and granted in advance where the server can', async () => {
    const alice = await login(server, 'alice')
    const bob = await freshHuman(server, 'bob')
    const wanted = [{ jid: bob.jid, name: 'Bob', subscription: 'both' as const }]
    const summary = await applyPlan(alice.own, planRoster(alice.own.values(), wanted))
    // Without pre-approval the contact is told; that Alice takes requests is for her session to say.
    if (server.kind === 'ejabberd')
      expect(summary).toMatchObject({ done: 0, errors: [{ error: { code: 'UNSUPPORTED' } }] })
    else expect(summary).toEqual({ done: 1, ...NOT_STOPPED })
    await bob.hearing(alice.jid, 'subscribe')
    await bob.says('subscribed', alice.jid)
    await bob.says('subscribe', alice.jid)
    await until(() => alice.own.state(bob.jid) === 'both', 'Alice has Bob as both')
    await settled(alice.client, bob.client)
    expect(await bob.sees(alice.jid)).toBe('both')
    expect(planRoster(alice.own.values(), wanted)).toEqual({ ...EMPTY, unchanged: 1 })

    const less = [{ jid: bob.jid, subscription: 'from' as const }]
    await applyPlan(alice.own, planRoster(alice.own.values(), less, { base: wanted }))
    await until(() => alice.own.state(bob.jid) === 'from', 'Alice has Bob as from')
    await settled(alice.client, bob.client)
    expect(await bob.sees(alice.jid)).toBe('to')
    expect(alice.own.get(bob.jid)?.name).toBe('Bob')
  })
}

const ofAComponent = (server: ServerFixture): void => {
  test('contacts are asked and granted in advance; who is wanted no more goes, on both sides', async () => {
    const bots = await connectBots(server)
    const bot = await bots.roster.open(BOT)
    const [alice, carol] = [await freshHuman(server, 'alice'), await freshHuman(server, 'carol')]
    const first = [alice, carol].map(({ jid }) => ({ jid, groups: ['Guests'], subscription: 'both' as const }))
    expect(await applyPlan(bot, planRoster(bot.values(), first, { base: [] }))).toEqual({ done: 2, ...NOT_STOPPED })
    for (const person of [alice, carol]) {
      await person.hearing(BOT, 'subscribe')
      await person.says('subscribed', BOT)
      await person.says('subscribe', BOT)
      // Nobody decides anything here: what was granted in advance answers.
      await bots.until(BOT, person.jid, 'both')
    }
    await settled(alice.client, carol.client, bots.entity)
    expect(planRoster(bot.values(), first, { base: first })).toEqual({ ...EMPTY, unchanged: 2 })

    const plan = planRoster(bot.values(), [first[1]!], { base: first })
    expect(plan).toEqual({ ...EMPTY, remove: [alice.jid], unchanged: 1 })
    expect(await applyPlan(bot, plan)).toEqual({ done: 1, ...NOT_STOPPED })
    await alice.hearing(BOT, 'unsubscribed')
    await settled(alice.client, carol.client, bots.entity)
    expect(await alice.sees(BOT)).toBe('none')
    expect(await carol.sees(BOT)).toBe('both')
    bots.log.clear()
    expect(await applyPlan(bot, plan)).toEqual({ done: 1, ...NOT_STOPPED })
    await settled(alice.client, bots.entity)
    expect(bots.said(BOT)).toEqual([])
  })

  test('stopped in the midst, the next process goes on with the same plan, and nobody is asked twice', async () => {
    const bots = await connectBots(server)
    const bot = await bots.roster.open(BOT)
    const people = [
      await freshHuman(server, 'alice'),
      await freshHuman(server, 'bob'),
      await freshHuman(server, 'carol'),
    ]
    const plan = planRoster(
      bot.values(),
      people.map(({ jid }) => ({ jid, subscription: 'to' as const })),
    )
    const leaving = new AbortController()
    const onProgress = ({ done }: BulkProgress): void => void (done === 2 && leaving.abort())
    expect(await applyPlan(bot, plan, { signal: leaving.signal, onProgress })).toMatchObject({ done: 2, stopped: true })
    await bots.stop()
    const next = await connectBots(server, { storage: bots.storage })
    const again = await next.roster.open(BOT)
    expect(await applyPlan(again, plan)).toEqual({ done: 3, ...NOT_STOPPED })
    for (const person of people) await person.hearing(BOT, 'subscribe')
    await settled(...people.map(({ client }) => client), next.entity)
    for (const person of people) expect(person.hears(BOT).filter((word) => word === 'subscribe')).toHaveLength(1)
  })
}

describeServers('plans', (server) => {
  describe("on a client's roster", () => ofAClient(server))
  describe('on a roster of a component', () => ofAComponent(server))
})
