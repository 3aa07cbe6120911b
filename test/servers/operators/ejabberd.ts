import { expect } from 'vitest'
import { type AdminItem, ejabberdAdmin } from '../../../src/admin.js'
import { freshHuman, human } from '../support/human.js'
import { jidOf, type RosterEntry, settled, until } from '../support/index.js'
import { cellsOf, expectDone, type Scenario, type Stage } from './stage.js'

type Pair = Readonly<Record<'A' | 'B', string>>

const both: RosterEntry = { subscription: 'both' }

/** Two accounts; connected unless `item` says otherwise. */
const pair = async ({ server, somebody }: Stage, item: RosterEntry | undefined = both): Promise<Pair> => {
  const [{ jid: A }, { jid: B }] = [await somebody('romeo'), await somebody('juliet')]
  await server.setRosterItem(A, B, { ...item, name: 'Juliet' })
  await server.setRosterItem(B, A, { ...item, name: 'Romeo' })
  return { A, B }
}

/** What ejabberd itself says: `juliet@localhost both "Juliet" [Capulet]`. */
const rosterOf = async ({ server }: Stage, owner: string): Promise<readonly string[]> => {
  const items: readonly AdminItem[] = await ejabberdAdmin({ url: server.api ?? '' }).list(owner)
  return items
    .map(({ jid, subscription, name, groups }) =>
      [jid, subscription, ...(name === undefined ? [] : [`"${name}"`]), ...groups.map((group) => `[${group}]`)].join(
        ' ',
      ),
    )
    .sort()
}

const hasNothing = async (stage: Stage, ...owners: readonly string[]): Promise<void> => {
  for (const owner of owners) expect(await rosterOf(stage, owner)).toEqual([])
}

/** Whoever is left from the rows before would be among all. */
const emptied = async ({ server }: Stage): Promise<void> => {
  const admin = ejabberdAdmin({ url: server.api ?? '' })
  for await (const owner of admin.owners())
    for (const { jid } of await admin.list(owner)) await admin.remove(owner, jid)
}

const ITEMS: Readonly<Record<string, Scenario>> = {
  'xmpp-roster admin ejabberd put A B -n NAME -g GROUP -s both': async (stage, typed) => {
    const [{ jid: A }, bob] = [await stage.somebody('romeo'), await freshHuman(stage.server, 'juliet')]
    const NAME = `Pamela Hall $(touch /tmp/x) "O'Brien"`
    expectDone(await typed(stage.operator(), { A, B: bob.jid, NAME, GROUP: 'Verona' }))
    expect(await rosterOf(stage, A)).toEqual([`${bob.jid} both "${NAME}" [Verona]`])
    await settled(bob.client)
    expect([bob.hears(A), await rosterOf(stage, bob.jid)]).toEqual([[], []])
    const values = { A: 'a@nowhere.example', B: bob.jid, NAME, GROUP: 'x' }
    expect(await typed(stage.operator(), values)).toMatchObject({ code: 4, out: '' })
    const closed = { ...stage.operator(), env: { ...stage.operator().env, XMPP_ADMIN_URL: 'http://127.0.0.1:1/api' } }
    expect((await typed(closed, values)).code).toBe(5)
  },
  'xmpp-roster admin ejabberd remove -f A B': async (stage, typed) => {
    const { A, B } = await pair(stage)
    expectDone(await typed(stage.operator(), { A, B }))
    await hasNothing(stage, A)
    expect(await rosterOf(stage, B)).toEqual([`${A} none "Romeo"`])
    expect(await typed(stage.operator(), { A, B })).toMatchObject({ code: 16, out: '' })
  },
  'xmpp-roster admin ejabberd connect A B --name-a NAME --name-b NAME2 --group-a GROUP --group-b GROUP2': async (
    stage,
    typed,
  ) => {
    const [{ jid: A }, { jid: B }] = [await stage.somebody('romeo'), await stage.somebody('juliet')]
    const values = { A, B, NAME: 'Romeo', NAME2: 'Juliet Capulet', GROUP: 'Montague', GROUP2: 'Capulet' }
    expectDone(await typed(stage.operator(), values))
    expect(await rosterOf(stage, A)).toEqual([`${B} both "Juliet Capulet" [Capulet]`])
    expect(await rosterOf(stage, B)).toEqual([`${A} both "Romeo" [Montague]`])
  },
  'xmpp-roster admin ejabberd disconnect -f A B --keep to': async (stage, typed) => {
    const { A, B } = await pair(stage)
    expectDone(await typed(stage.operator(), { A, B }))
    expect(await rosterOf(stage, A)).toEqual([`${B} to "Juliet"`])
    await hasNothing(stage, B)
    expect(await typed(stage.operator(), { A, B })).toMatchObject({ code: 16, out: '' })
  },
  'xmpp-roster admin ejabberd list A': async (stage, typed) => {
    const { A, B } = await pair(stage)
    await stage.server.setRosterItem(A, B, { ...both, name: 'Juliet', groups: ['Capulet', 'Friends'] })
    const rows = cellsOf(expectDone(await typed(stage.operator(), { A })))
    expect(rows).toEqual([
      ['JID', 'NAME', 'SUBSCRIPTION', 'PENDING', 'GROUPS'],
      [B, 'Juliet', 'both', expect.stringMatching(/^(Capulet, Friends|Friends, Capulet)$/)],
    ])
    expect(expectDone(await typed(stage.operator(), { A: (await stage.somebody('paris')).jid }))).toBe('')
  },
  'xmpp-roster admin ejabberd list --json A': async (stage, typed) => {
    const { A, B } = await pair(stage)
    const listed = async (owner: string): Promise<unknown> =>
      JSON.parse(expectDone(await typed(stage.operator(), { A: owner })))
    expect(await listed(A)).toMatchObject([{ owner: A, jid: B, name: 'Juliet', subscription: 'both' }])
    expect(await listed((await stage.somebody('paris')).jid)).toEqual([])
  },
}

const MANY: Readonly<Record<string, Scenario>> = {
  'xmpp-roster admin ejabberd clear -f A': async (stage, typed) => {
    const { A, B } = await pair(stage)
    const other = await pair(stage)
    expectDone(await typed(stage.operator(), { A }))
    await hasNothing(stage, A)
    expect(await rosterOf(stage, B)).toEqual([`${A} none "Romeo"`])
    expect(await rosterOf(stage, other.A)).toHaveLength(1)
  },
  'xmpp-roster admin ejabberd clear -f --domain DOMAIN': async (stage, typed) => {
    const { A, B } = await pair(stage)
    expect(expectDone(await typed(stage.operator(), { DOMAIN: 'nowhere.example' }))).toBe('Nothing to do.\n')
    expect(await rosterOf(stage, A)).toHaveLength(1)
    expectDone(await typed(stage.operator(), { DOMAIN: stage.server.domain }))
    await hasNothing(stage, A, B)
  },
  'xmpp-roster admin ejabberd clear -f --all': async (stage, typed) => {
    const { A, B } = await pair(stage)
    expectDone(await typed(stage.operator()))
    await hasNothing(stage, A, B)
    expect(expectDone(await typed(stage.operator()))).toBe('Nothing to do.\n')
  },
  'xmpp-roster admin ejabberd owners --domain DOMAIN': async (stage, typed) => {
    await emptied(stage)
    const { A, B } = await pair(stage)
    const out = expectDone(await typed(stage.operator(), { DOMAIN: stage.server.domain }))
    expect(out.trimEnd().split('\n').sort()).toEqual([A, B].sort())
    expect(expectDone(await typed(stage.operator(), { DOMAIN: 'nowhere.example' }))).toBe('')
  },
  'xmpp-roster admin ejabberd list --domain DOMAIN': async (stage, typed) => {
    await emptied(stage)
    const { A, B } = await pair(stage)
    const [titles, ...rows] = cellsOf(expectDone(await typed(stage.operator(), { DOMAIN: stage.server.domain })))
    expect(titles?.slice(0, 2)).toEqual(['OWNER', 'JID'])
    expect(rows.map(([owner, jid]) => [owner, jid])).toEqual(
      expect.arrayContaining([
        [A, B],
        [B, A],
      ]),
    )
    expect(rows).toHaveLength(2)
  },
  'xmpp-roster admin ejabberd list --all': async (stage, typed) => {
    await emptied(stage)
    const { A, B } = await pair(stage)
    const rows = cellsOf(expectDone(await typed(stage.operator())))
    expect(
      rows
        .slice(1)
        .map(([owner]) => owner)
        .sort(),
    ).toEqual([A, B].sort())
  },
  'xmpp-roster admin ejabberd pairs --domain DOMAIN': async (stage, typed) => {
    await emptied(stage)
    const four = await Promise.all(['a', 'b', 'c', 'd'].map((name) => stage.somebody(name)))
    const pairs = four.flatMap(({ jid: one }, at) => four.slice(at + 1).map(({ jid: other }) => [one, other] as const))
    for (const [one, other] of pairs) {
      await stage.server.setRosterItem(one, other, both)
      await stage.server.setRosterItem(other, one, both)
    }
    // Being listed is no connection.
    await pair(stage, { subscription: 'none' })
    const out = expectDone(await typed(stage.operator(), { DOMAIN: stage.server.domain }))
    expect(out.trimEnd().split('\n').sort()).toEqual(pairs.map((two) => [...two].sort().join('\t')).sort())
  },
}

/** A session of Romeo's, and Juliet who sees it. */
const session = async (stage: Stage) => {
  const [romeo, juliet] = [await stage.somebody('romeo'), await stage.somebody('juliet')]
  await stage.server.setRosterItem(romeo.jid, juliet.jid, both)
  await stage.server.setRosterItem(juliet.jid, romeo.jid, both)
  const [there, witness] = [await human(stage.server, romeo), await human(stage.server, juliet)]
  await witness.hearing(romeo.jid, 'available')
  witness.log.clear()
  return { romeo: there, juliet: witness, SESSION: jidOf(there.client) }
}

const SESSIONS: Readonly<Record<string, Scenario>> = {
  'xmpp-roster admin ejabberd presence SESSION online': async (stage, typed) => {
    const { romeo, juliet, SESSION } = await session(stage)
    expectDone(await typed(stage.operator(), { SESSION }))
    await juliet.hearing(romeo.jid, 'available')
    expect(await typed(stage.operator(), { SESSION: `${romeo.jid}/nobody` })).toMatchObject({ code: 16, out: '' })
  },
  'xmpp-roster admin ejabberd presence SESSION offline': async (stage, typed) => {
    const { romeo, juliet, SESSION } = await session(stage)
    expectDone(await typed(stage.operator(), { SESSION }))
    await juliet.hearing(romeo.jid, 'unavailable')
  },
  'xmpp-roster admin ejabberd presence SESSION away --status TEXT': async (stage, typed) => {
    const { romeo, juliet, SESSION } = await session(stage)
    expectDone(await typed(stage.operator(), { SESSION, TEXT: 'In $(exile)' }))
    await juliet.hearing(romeo.jid, 'away "In $(exile)"')
  },
  'xmpp-roster admin ejabberd message FROM TO TEXT': async (stage, typed) => {
    const juliet = await freshHuman(stage.server, 'juliet')
    const FROM = `friar@${stage.server.domain}`
    const TEXT = `Take "thou" this vial, $(being) then in bed`
    expectDone(await typed(stage.operator(), { FROM, TO: juliet.jid, TEXT }))
    const bodies = (): readonly unknown[] => juliet.log.incoming('message').map((one) => one.getChildText('body'))
    await until(() => bodies().includes(TEXT), 'the message')
  },
  'xmpp-roster admin ejabberd --help': async (stage, typed) => {
    expect(expectDone(await typed(stage.nobody()))).toContain('Usage: xmpp-roster admin ejabberd')
  },
}

/** Commands that go through the API of ejabberd. */
export const EJABBERD: Readonly<Record<string, Scenario>> = { ...ITEMS, ...MANY, ...SESSIONS }

type Code = (names: Readonly<Record<string, unknown>>) => Promise<unknown>

/** What shows that a line of code is true; `run` runs it with these names. */
export type CodeScenario = (stage: Stage, run: Code) => Promise<void>

const adminOf = ({ server }: Stage): ReturnType<typeof ejabberdAdmin> => ejabberdAdmin({ url: server.api ?? '' })

export const CODE: Readonly<Record<string, CodeScenario>> = {
  'await areConnected(admin, A, B)': async (stage, run) => {
    const [friends, strangers] = [await pair(stage), await pair(stage, { subscription: 'none' })]
    expect(await run({ admin: adminOf(stage), ...friends })).toBe(true)
    expect(await run({ admin: adminOf(stage), ...strangers })).toBe(false)
  },
  'await admin.connected()': async (stage, run) => {
    const { SESSION } = await session(stage)
    const found = (await run({ admin: adminOf(stage) })) as readonly string[]
    expect(found.filter((jid) => jid === SESSION)).toHaveLength(1)
  },
  'await admin.connected({ domain: DOMAIN })': async (stage, run) => {
    const { SESSION } = await session(stage)
    expect(await run({ admin: adminOf(stage), DOMAIN: stage.server.domain })).toContain(SESSION)
    expect(await run({ admin: adminOf(stage), DOMAIN: 'nowhere.example' })).toEqual([])
  },
  'await admin.kick(SESSION)': async (stage, run) => {
    const { romeo, juliet, SESSION } = await session(stage)
    romeo.client.reconnect.stop()
    await run({ admin: adminOf(stage), SESSION })
    await juliet.hearing(romeo.jid, 'unavailable')
    await until(() => romeo.client.status !== 'online', 'the end of the session')
    const none = run({ admin: adminOf(stage), SESSION: `${romeo.jid}/nobody` })
    await expect(none).rejects.toMatchObject({ condition: 'item-not-found' })
  },
  'await applyPlan({ admin, owner: A }, plan)': async (stage, run) => {
    const { planRoster } = await import('../../../src/admin.js')
    const { A, B } = await pair(stage)
    await stage.server.setRosterItem(A, 'mum@localhost', { subscription: 'none', name: 'Mum' })
    const admin = adminOf(stage)
    const wanted = [
      { jid: B, groups: ['Staff'] },
      { jid: 'paris@localhost', subscription: 'both' as const },
    ]
    const plan = planRoster(await admin.list(A), wanted)
    expect(await run({ admin, A, plan })).toMatchObject({ done: 2, failed: 0 })
    expect(await rosterOf(stage, A)).toEqual(
      [`${B} both "Juliet" [Staff]`, 'mum@localhost none "Mum"', 'paris@localhost both'].sort(),
    )
  },
}
