import { describe, expect, test } from 'vitest'
import { type AdminItemInit, privilegedAdmin } from '../../src/admin.js'
import { Roster } from '../../src/index.js'
import { EventLog } from '../support/event-log.js'
import { FakeComponent, turn } from '../support/fake-component.js'
import { advertisement, DOMAIN, HOST, JULIET, privilegedStage, ROMEO, roster, stageOf } from './privileged-stage.js'

const ITEM = `<item jid="${ROMEO}" name="Ro" subscription="to" ask="subscribe"><group>friends</group></item>`

async function all(owners: AsyncIterable<string>): Promise<readonly string[]> {
  const found: string[] = []
  for await (const owner of owners) found.push(owner)
  return found
}

describe('list', () => {
  test("asks the owner's bare JID in the component's name, and gives what the roster holds (XEP-0356 §4.3)", async () => {
    const { fake, admin, answer } = await privilegedStage()
    const items = admin.list('Juliet@HOME.example/balcony')
    await turn()
    expect(fake.written.at(-1)?.attrs).toMatchObject({ type: 'get', to: JULIET, from: DOMAIN })
    await answer(`${ITEM}<item jid="nurse@home.example" ask="subscribe"/>`)
    expect(await items).toEqual([
      { jid: ROMEO, name: 'Ro', groups: ['friends'], subscription: 'to', pendingOut: true, pendingIn: false },
      {
        jid: 'nurse@home.example',
        name: undefined,
        groups: [],
        subscription: 'none',
        pendingOut: true,
        pendingIn: false,
      },
    ])
    for (const item of await items) expect(Object.isFrozen(item) && Object.isFrozen(item.groups)).toBe(true)
  })

  test.each([
    ['no items at all', '', []],
    ['an item without a JID', `<item name="nobody"/>${ITEM}`, [ROMEO]],
    ['an item whose JID is none', `<item jid="@@"/>${ITEM}`, [ROMEO]],
    ['a subscription that nobody knows', `<item jid="${ROMEO}" subscription="bogus"/>`, [ROMEO]],
    ['a removed item (RFC 6121 §2.1.2.5)', `<item jid="x@home.example" subscription="remove"/>${ITEM}`, [ROMEO]],
    ['one contact in two spellings', `<item jid="ROMEO@home.example"/>${ITEM}`, [ROMEO]],
    ['things that are no items', `<thing/>text${ITEM}`, [ROMEO]],
    ['a prototype', '<item jid="__proto__@home.example" name="constructor"/>', ['__proto__@home.example']],
  ])('of a result with %s', async (_, items, jids) => {
    const { admin, answer } = await privilegedStage()
    const listed = admin.list(JULIET)
    await turn()
    await answer(items)
    expect((await listed).map(({ jid }) => jid)).toEqual(jids)
  })

  test('of a result without a roster is STANZA_INVALID; of one with two rosters the first counts, as for a client', async () => {
    const { admin, answer, fake } = await privilegedStage()
    const none = admin.list(JULIET)
    none.catch(() => undefined)
    await turn()
    await answer()
    await expect(none).rejects.toMatchObject({ code: 'STANZA_INVALID', owner: JULIET })

    const two = admin.list(JULIET)
    await turn()
    const id = fake.written.at(-1)?.attrs['id']
    const query = (jid: string) => `<query xmlns="jabber:iq:roster"><item jid="${jid}"/></query>`
    fake.receive(`<iq type="result" from="${JULIET}" id="${id}">${query(ROMEO)}${query('nurse@home.example')}</iq>`)
    expect((await two).map(({ jid }) => jid)).toEqual([ROMEO])
  })
})

describe('An answer', () => {
  test.each([
    ['another account', 'mallory@home.example'],
    ['the host', HOST],
    ['a resource of the owner', `${JULIET}/balcony`],
    ['what is no JID', '@@'],
    ['the component itself', DOMAIN],
  ])("from %s is ignored, and the wait goes on: only the owner's bare JID counts", async (_, from) => {
    const { admin, answer } = await privilegedStage()
    const listed = admin.list(JULIET)
    await turn()
    await answer('<item jid="forged@home.example" subscription="both"/>', { from })
    await answer(ITEM)
    expect((await listed).map(({ jid }) => jid)).toEqual([ROMEO])
  })

  test('of no known id, of no type, or without an address is ignored', async () => {
    const { admin, answer, fake } = await privilegedStage()
    const listed = admin.list(JULIET)
    await turn()
    const id = fake.written.at(-1)?.attrs['id']
    await answer('', { id: 'other' })
    await answer('', { id: '__proto__' })
    await answer('', { type: 'get', to: 'nobody@bots.example' })
    fake.receive(`<iq type="result" id="${id}"><query xmlns="jabber:iq:roster"/></iq>`)
    await answer(ITEM)
    expect(await listed).toHaveLength(1)
  })

  test('in another spelling of the owner is one', async () => {
    const { admin, answer } = await privilegedStage()
    const listed = admin.list(JULIET)
    await turn()
    await answer(ITEM, { from: 'Juliet@home.EXAMPLE' })
    expect(await listed).toHaveLength(1)
  })

  test('that comes twice counts once, as Prosody gives several for one set', async () => {
    const { admin, answer } = await privilegedStage()
    const put = admin.put(JULIET, ROMEO, { name: 'Ro', groups: [] })
    await turn()
    await answer()
    await answer()
    expect(await put).toBeUndefined()
  })
})

describe('put', () => {
  test('sends one item in one set, without reading when nothing is to be kept', async () => {
    const { admin, asked, answer } = await privilegedStage()
    const put = admin.put(JULIET, ROMEO, { name: 'Ro', groups: ['friends', 'friends', 'Verona'] })
    await turn()
    expect(asked()).toEqual(['set juliet: romeo "Ro" [friends,Verona]'])
    await answer()
    expect(await put).toBeUndefined()
    expect(asked()).toEqual([])
  })

  test.each<[string, AdminItemInit, string]>([
    ['the name', { groups: ['x'] }, 'set juliet: romeo "Ro" [x]'],
    ['the groups', { name: 'Romeo' }, 'set juliet: romeo "Romeo" [friends]'],
    ['the groups, and clears the name', { name: '' }, 'set juliet: romeo [friends]'],
    ['the name, and clears the groups', { groups: [] }, 'set juliet: romeo "Ro"'],
  ])('reads and keeps %s: a set replaces the whole item', async (_, init, set) => {
    const { admin, asked, answer } = await privilegedStage()
    const put = admin.put(JULIET, ROMEO, init)
    await turn()
    expect(asked()).toEqual(['get juliet'])
    await answer(ITEM)
    expect(asked()).toEqual([set])
    await answer()
    await put
  })

  test('of what is there already writes nothing, whatever the order of the groups', async () => {
    const { admin, asked, answer } = await privilegedStage()
    const item = `<item jid="${ROMEO}" name="Ro" subscription="both"><group>a</group><group>b</group></item>`
    const put = admin.put(JULIET, ROMEO, { groups: ['b', 'a'], subscription: 'both' })
    await turn()
    await answer(item)
    await put
    expect(asked()).toEqual(['get juliet'].slice(1))
  })

  test('makes an item of which nothing is said', async () => {
    const { admin, asked, answer } = await privilegedStage()
    const put = admin.put(JULIET, ROMEO, {})
    await turn()
    await answer('')
    expect(asked()).toEqual(['set juliet: romeo'])
    await answer()
    await put
  })

  test('with a subscription looks whether it was stored, until the host has stored one', async () => {
    const { admin, asked, answer } = await privilegedStage()
    const first = admin.put(JULIET, ROMEO, { name: 'Ro', groups: ['friends'], subscription: 'both' })
    await turn()
    expect(asked()).toEqual(['get juliet'])
    await answer(ITEM)
    expect(asked()).toEqual(['set juliet: romeo "Ro" [friends] both'])
    await answer()
    expect(asked()).toEqual(['get juliet'])
    await answer(ITEM.replace('"to"', '"both"'))
    await first

    const second = admin.put(ROMEO, JULIET, { name: '', groups: [], subscription: 'from' })
    await turn()
    expect(asked()).toEqual(['set romeo: juliet from'])
    await answer()
    await second
  })

  test('with a subscription that the server ignores rejects, and says what was stored and what was not', async () => {
    const { admin, answer } = await privilegedStage()
    for (let round = 0; round < 2; round++) {
      const put = admin.put(JULIET, ROMEO, { name: 'Ro', subscription: 'both' })
      put.catch(() => undefined)
      await turn()
      await answer('')
      await answer()
      await answer(`<item jid="${ROMEO}" name="Ro" subscription="none"/>`)
      await expect(put).rejects.toMatchObject({ code: 'UNSUPPORTED', owner: JULIET, contact: ROMEO })
      await expect(put).rejects.toThrow(
        /name and groups .* were stored .* "both" was not: home.example left it at "none"/,
      )
      await expect(put).rejects.toThrow(/ejabberdAdmin/)
    }
  })

  test('of `none` for a new item needs no second look', async () => {
    const { admin, asked, answer } = await privilegedStage()
    const put = admin.put(JULIET, ROMEO, { subscription: 'none' })
    await turn()
    await answer('')
    await answer()
    await put
    expect(asked()).toEqual([])
  })

  test('says so when it is not known whether the subscription was stored', async () => {
    const { admin, answer, refuse } = await privilegedStage()
    const put = admin.put(JULIET, ROMEO, { subscription: 'both' })
    put.catch(() => undefined)
    await turn()
    await answer('')
    await answer()
    await refuse('internal-server-error')
    await expect(put).rejects.toMatchObject({ code: 'REFUSED', condition: 'internal-server-error' })
    await expect(put).rejects.toThrow(/was stored .* is not known/)
  })

  test('that is refused has changed nothing, and says so', async () => {
    const { admin, refuse } = await privilegedStage()
    const put = admin.put(JULIET, ROMEO, { name: 'Ro', groups: [] })
    put.catch(() => undefined)
    await turn()
    await refuse('not-allowed')
    await expect(put).rejects.toMatchObject({
      code: 'REFUSED',
      condition: 'not-allowed',
      owner: JULIET,
      contact: ROMEO,
      message: expect.stringContaining('Nothing has changed'),
    })
  })

  test('twice at once for one owner: the second reads what the first has written', async () => {
    const { admin, asked, answer } = await privilegedStage()
    const both = Promise.all([
      admin.put(JULIET, ROMEO, { name: 'Ro' }),
      admin.put(JULIET, ROMEO, { groups: ['friends'] }),
    ])
    await turn()
    expect(asked()).toEqual(['get juliet'])
    await answer('')
    expect(asked()).toEqual(['set juliet: romeo "Ro"'])
    await answer()
    expect(asked()).toEqual(['get juliet'])
    await answer(`<item jid="${ROMEO}" name="Ro"/>`)
    expect(asked()).toEqual(['set juliet: romeo "Ro" [friends]'])
    await answer()
    await both
  })

  test('of other owners waits for nobody, and one that failed holds nobody up', async () => {
    const { admin, asked, answer, refuse } = await privilegedStage()
    const first = admin.put(JULIET, ROMEO, { name: 'Ro', groups: [] })
    first.catch(() => undefined)
    const other = admin.put(ROMEO, JULIET, { name: 'Ju', groups: [] })
    other.catch(() => undefined)
    const second = admin.put(ROMEO, JULIET, { name: 'Jule', groups: [] })
    await turn()
    expect(asked()).toEqual(['set juliet: romeo "Ro"', 'set romeo: juliet "Ju"'])
    await refuse('conflict')
    await expect(other).rejects.toMatchObject({ condition: 'conflict' })
    expect(asked()).toEqual(['set romeo: juliet "Jule"'])
    await answer()
    await second
  })

  test.each<[string, string, string, unknown, string]>([
    ['an owner that is no JID', '@', ROMEO, {}, 'JID_MALFORMED'],
    ['a contact that is none', JULIET, 'a b@c', {}, 'JID_MALFORMED'],
    ['the owner itself', JULIET, 'JULIET@home.example/balcony', {}, 'ITEM_INVALID'],
    ['BOTH', JULIET, ROMEO, { subscription: 'BOTH' }, 'ITEM_INVALID'],
    ['bogus', JULIET, ROMEO, { subscription: 'bogus' }, 'ITEM_INVALID'],
    ['a name that XML cannot carry', JULIET, ROMEO, { name: '\u0000' }, 'ITEM_INVALID'],
    ['an empty group', JULIET, ROMEO, { groups: [''] }, 'ITEM_INVALID'],
  ])('of %s is refused before the wire', async (_, owner, contact, init, code) => {
    const { admin, asked } = await privilegedStage()
    await expect(admin.put(owner, contact, init as AdminItemInit)).rejects.toMatchObject({ code })
    expect(asked()).toEqual([])
  })
})

describe('remove', () => {
  test('looks first, since ejabberd takes any: an unknown item is false', async () => {
    const { admin, asked, answer } = await privilegedStage()
    const removed = admin.remove(JULIET, ROMEO)
    await turn()
    expect(asked()).toEqual(['get juliet'])
    await answer('')
    expect(await removed).toBe(false)
    expect(asked()).toEqual([])
  })

  test('takes an item out', async () => {
    const { admin, asked, answer } = await privilegedStage()
    const removed = admin.remove(JULIET, ROMEO)
    await turn()
    await answer(ITEM)
    expect(asked()).toEqual(['set juliet: romeo remove'])
    await answer()
    expect(await removed).toBe(true)
  })

  test('is false when somebody else was faster: item-not-found', async () => {
    const { admin, answer, refuse } = await privilegedStage()
    const removed = admin.remove(JULIET, ROMEO)
    await turn()
    await answer(ITEM)
    await refuse('item-not-found')
    expect(await removed).toBe(false)
  })

  test('asks at once when it may not look', async () => {
    const { admin, asked, answer, refuse } = await privilegedStage({}, 'set')
    const removed = admin.remove(JULIET, ROMEO)
    await turn()
    expect(asked()).toEqual(['set juliet: romeo remove'])
    await answer()
    expect(await removed).toBe(true)
    const again = admin.remove(JULIET, ROMEO)
    await turn()
    await refuse('item-not-found')
    expect(await again).toBe(false)
  })
})

describe('owners', () => {
  const jids = ['Juliet@home.example/x', ROMEO, JULIET, 'tybalt@other.example']

  test.each([
    ['a list', jids],
    ['a set', new Set(jids)],
    [
      'an asynchronous walk',
      {
        async *[Symbol.asyncIterator]() {
          yield* jids
        },
      },
    ],
  ])('from %s, each once, of one domain where that is asked for, as often as one likes', async (_, owners) => {
    const { admin } = await privilegedStage({ owners })
    expect(await all(admin.owners())).toEqual([JULIET, ROMEO, 'tybalt@other.example'])
    expect(await all(admin.owners({ domain: 'OTHER.example' }))).toEqual(['tybalt@other.example'])
    await expect(all(admin.owners({ signal: AbortSignal.abort('enough') }))).rejects.toBe('enough')
  })

  test('without the option are UNSUPPORTED, with the reason', async () => {
    const { admin } = await privilegedStage()
    await expect(all(admin.owners())).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('privilegedAdmin(entity, { owners })'),
    })
  })

  test('that are no list, or not JIDs, are refused at once', () => {
    const { entity } = new FakeComponent(DOMAIN)
    for (const owners of ['juliet@home.example', ['@@'], null]) {
      expect(() => privilegedAdmin(entity, { owners: owners as string[] })).toThrow(
        expect.objectContaining({ code: 'JID_MALFORMED' }),
      )
    }
  })
})

describe('Others on the same connection', () => {
  test('a Roster does not hear of these answers, nor of permissions, and the admin not of its presences', async () => {
    const fake = new FakeComponent(DOMAIN)
    const rosters = new Roster(fake.entity, { presence: false })
    const log = new EventLog(rosters)
    const admin = privilegedAdmin(fake.entity)
    fake.online()
    await rosters.open(`bot@${DOMAIN}`)
    log.take()
    fake.receive(advertisement(roster('both')))
    const listed = admin.list(JULIET)
    await turn()
    const id = fake.written.at(-1)?.attrs['id']
    fake.sent()
    const result = (from: string, jid: string) =>
      `<iq type="result" from="${from}" to="${DOMAIN}" id="${id}"><query xmlns="jabber:iq:roster"><item jid="${jid}"/></query></iq>`
    fake.receive(
      result('mallory@home.example', 'forged@home.example'),
      result(JULIET, ROMEO),
      result(JULIET, 'late@home.example'),
      `<presence type="subscribe" from="${JULIET}" to="bot@${DOMAIN}"/>`,
    )
    expect((await listed).map(({ jid }) => jid)).toEqual([ROMEO])
    await turn()
    expect(log.take()).toEqual([`${JULIET} none > none+in by stanza`, `subscribe ${JULIET}: defer`])
    expect(fake.sent()).toEqual([])
  })

  test('two admins have their own answers', async () => {
    const one = await privilegedStage()
    const other = stageOf(one.fake, one.clock, privilegedAdmin(one.fake.entity, { clock: one.clock }))
    const lists = [one.admin.list(JULIET), other.admin.list(JULIET)] as const
    await turn()
    const ids = one.fake.sent().map((iq) => iq.attrs['id'])
    expect(new Set(ids).size).toBe(2)
    for (const [nr, id] of [...ids.entries()].reverse()) {
      const query = `<query xmlns="jabber:iq:roster"><item jid="c${nr}@home.example"/></query>`
      one.fake.receive(`<iq type="result" from="${JULIET}" id="${id}">${query}</iq>`)
    }
    expect((await Promise.all(lists)).map(([item]) => item?.jid)).toEqual(['c0@home.example', 'c1@home.example'])
  })

  test('four listeners, and no more for each call', async () => {
    const { fake, admin, answer } = await privilegedStage()
    const count = () => ['stanza', 'open', 'disconnect', 'offline'].map((event) => fake.entity.listenerCount(event))
    const before = count()
    for (let nr = 0; nr < 20; nr++) {
      const listed = admin.list(JULIET)
      await turn()
      await answer('')
      await listed
    }
    expect(count()).toEqual(before)
  })
})
