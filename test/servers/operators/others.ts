import { join } from 'node:path'
import { expect } from 'vitest'
import { storageAdmin } from '../../../src/admin.js'
import { SqliteStorage } from '../../../src/sqlite.js'
import { freshHuman } from '../support/human.js'
import { connectClient, settled, until } from '../support/index.js'
import { cellsOf, expectDone, type Scenario, type Somebody, type Stage, type Typing } from './stage.js'

interface Two {
  readonly a: Somebody
  readonly b: Somebody
  readonly values: Readonly<Record<'A' | 'B' | 'COMPONENT', string>>
}

/** Two accounts that have each other with this subscription, if any. */
const two = async ({ server, somebody }: Stage, subscription?: 'none' | 'to' | 'both'): Promise<Two> => {
  const [a, b] = [await somebody('romeo'), await somebody('juliet')]
  if (subscription !== undefined) {
    const mirrored = subscription === 'to' ? 'from' : subscription
    await server.setRosterItem(a.jid, b.jid, { subscription, name: 'Juliet', groups: ['Capulet'] })
    await server.setRosterItem(b.jid, a.jid, { subscription: mirrored, name: 'Romeo' })
  }
  return { a, b, values: { A: a.jid, B: b.jid, COMPONENT: server.componentDomain } }
}

/** Commands of a component that the server lets manage rosters. */
export const PRIVILEGED: Readonly<Record<string, Scenario>> = {
  'xmpp-roster admin privileged list --component COMPONENT A': async (stage, typed) => {
    const { b, values } = await two(stage, 'both')
    expect(cellsOf(expectDone(await typed(stage.component(), values)))).toEqual([
      ['JID', 'NAME', 'SUBSCRIPTION', 'PENDING', 'GROUPS'],
      [b.jid, 'Juliet', 'both', 'Capulet'],
    ])
    const wrong = { ...stage.component(), env: { ...stage.component().env, XMPP_PASSWORD: 'wrong' } }
    expect((await typed(wrong, values)).code).toBe(4)
  },
  'xmpp-roster admin privileged put --component COMPONENT A B -s to': async (stage, typed) => {
    const { a, b, values } = await two(stage)
    expectDone(await typed(stage.component(), values))
    expect([await a.roster(), await b.roster()]).toEqual([[`${b.jid} to`], []])
  },
  'xmpp-roster admin privileged put --component COMPONENT B A -s from': async (stage, typed) => {
    const { a, b, values } = await two(stage)
    expectDone(await typed(stage.component(), values))
    expect([await a.roster(), await b.roster()]).toEqual([[], [`${a.jid} from`]])
  },
  'xmpp-roster admin privileged connect --component COMPONENT A B': async (stage, typed) => {
    const { a, b, values } = await two(stage, 'to')
    expectDone(await typed(stage.component(), values))
    expect(await a.roster()).toEqual([`${b.jid} both "Juliet" [Capulet]`])
    expect(await b.roster()).toEqual([`${a.jid} both "Romeo"`])
  },
  'xmpp-roster admin privileged put --component COMPONENT A B -s none': async (stage, typed) => {
    const { a, b, values } = await two(stage, 'to')
    expectDone(await typed(stage.component(), values))
    expect(await a.roster()).toEqual([`${b.jid} none "Juliet" [Capulet]`])
    expect(await b.roster()).toEqual([`${a.jid} from "Romeo"`])
  },
  'xmpp-roster admin privileged disconnect -f --component COMPONENT A B': async (stage, typed) => {
    const { a, b, values } = await two(stage, 'both')
    expectDone(await typed(stage.component(), values))
    expect([await a.roster(), await b.roster()]).toEqual([[], []])
    expect((await typed(stage.component(), values)).code).toBe(16)
  },
  'xmpp-roster admin privileged remove -f --component COMPONENT A B': async (stage, typed) => {
    const { a, b, values } = await two(stage, 'both')
    const witness = await connectClient(stage.server, { username: b.username, reconnect: false })
    expectDone(await typed(stage.component(), values))
    await settled(witness)
    expect([await a.roster(), await b.roster()]).toEqual([[], [`${a.jid} both "Romeo"`]])
    expect((await typed(stage.component(), values)).code).toBe(16)
  },
  'xmpp-roster admin privileged clear -f --component COMPONENT A': async (stage, typed) => {
    const { a, b, values } = await two(stage, 'both')
    await stage.server.setRosterItem(a.jid, 'paris@localhost', { subscription: 'to' })
    expectDone(await typed(stage.component(), values))
    expect([await a.roster(), await b.roster()]).toEqual([[], [`${a.jid} both "Romeo"`]])
  },
}

/** Client management, as the module of ours for Prosody has it. */
export const CLIENTS: Readonly<Record<string, Scenario>> = {
  'xmpp-roster clients': async (stage, typed) => {
    const juliet = await stage.somebody('juliet')
    const phone = await connectClient(stage.server, { username: juliet.username, reconnect: false })
    const [titles, ...rows] = cellsOf(expectDone(await typed(juliet)))
    expect(titles).toEqual(['ID', 'SOFTWARE', 'DEVICE', 'CONNECTED', 'LAST SEEN', 'LOGIN'])
    const ids = rows.map(([id]) => id)
    expect(ids).toEqual(expect.arrayContaining(['grant/idle', 'grant/site/1', `client/${phone.jid?.resource}`]))
  },
  'xmpp-roster clients revoke -f ID': async (stage, typed) => {
    const juliet = await stage.somebody('juliet')
    expect(expectDone(await typed(juliet, { ID: 'grant/site/1' }))).toBe('grant/site/1 revoked\n')
    expect(await typed(juliet, { ID: 'grant/site/1' })).toMatchObject({ code: 16, out: '' })
    expect(await typed(juliet, { ID: 'client/old-phone' })).toMatchObject({ code: 1, out: '' })
    const phone = await connectClient(stage.server, { username: juliet.username, reconnect: false })
    expect(await typed(juliet, { ID: `client/${phone.jid?.resource}` })).toMatchObject({ code: 1, out: '' })
    await until(() => phone.status !== 'online', 'the end of the session')
  },
}

const OWNER = 'desk@bots.example.com'
const JID = 'romeo@example.com'

/** A storage with one roster, and one contact in it. */
const stored = async (typing: Typing): Promise<{ FILE: string; OWNER: string; JID: string }> => {
  const FILE = join(typing.cwd, 'rosters.sqlite')
  const storage = await SqliteStorage.open(FILE)
  await storageAdmin(storage).put(OWNER, JID, { name: 'Romeo', subscription: 'to' })
  await storage.close()
  return { FILE, OWNER, JID }
}

const itemsIn = async (file: string): Promise<readonly object[]> => {
  const storage = await SqliteStorage.open(file)
  const items = await storageAdmin(storage).list(OWNER)
  await storage.close()
  return items
}

/** Commands that need no server. */
export const STORAGE: Readonly<Record<string, Scenario>> = {
  'xmpp-roster admin storage owners --storage FILE': async (stage, typed) => {
    const typing = stage.nobody()
    const values = await stored(typing)
    expect(expectDone(await typed(typing, values))).toBe(`${OWNER}\n`)
    expect((await typed(typing, { FILE: `${values.FILE}.none` })).code).toBe(16)
  },
  'xmpp-roster admin storage list --storage FILE OWNER': async (stage, typed) => {
    const typing = stage.nobody()
    expect(cellsOf(expectDone(await typed(typing, await stored(typing)))).slice(1)).toEqual([[JID, 'Romeo', 'to']])
  },
  'xmpp-roster admin storage put --storage FILE OWNER JID -n NAME -s both': async (stage, typed) => {
    const typing = stage.nobody()
    const values = await stored(typing)
    expectDone(await typed(typing, { ...values, NAME: 'R.' }))
    expect(await itemsIn(values.FILE)).toMatchObject([{ jid: JID, name: 'R.', subscription: 'both' }])
  },
  'xmpp-roster admin storage remove --storage FILE -f OWNER JID': async (stage, typed) => {
    const typing = stage.nobody()
    const values = await stored(typing)
    expectDone(await typed(typing, values))
    expect(await itemsIn(values.FILE)).toEqual([])
    expect((await typed(typing, values)).code).toBe(16)
  },
}

/** Somebody who sees Juliet: what he hears of her while something is done. */
export const witnessed = async (stage: Stage) => {
  const romeo = await freshHuman(stage.server, 'romeo')
  const juliet = await stage.somebody('juliet', { [romeo.jid]: { subscription: 'both' } })
  await stage.server.setRosterItem(romeo.jid, juliet.jid, { subscription: 'both' })
  const during = async (act: () => Promise<unknown>): Promise<readonly string[]> => {
    await settled(romeo.client)
    romeo.log.clear()
    await act()
    await settled(romeo.client)
    return romeo.hears(juliet.jid)
  }
  return { juliet, during }
}
