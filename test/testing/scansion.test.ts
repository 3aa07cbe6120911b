/**
 * Prosody's own integration tests are conversations (spec/scansion in its repository). Here is what those say that are about
 * rosters, presence and subscriptions, in other words and with other people: each name in brackets is that of a script. What
 * they show of group chat, publishing and blocking is left out, and what Prosody does beyond RFC 6121.
 */
import { parse } from 'ltx/lib/ltx.js'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { TestServer } from '../../src/testing/server.js'
import { NS_ROSTER } from '../../src/xmpp/codec.js'
import { connectClient, connectComponent, stopAll, stopEntity } from '../servers/support/connect.js'
import { jidOf, type TestEntity } from '../servers/support/entity.js'
import { type Recording, record, stopRecording } from '../servers/support/record.js'
import { settled } from '../servers/support/settle.js'
import type { TestedServer } from '../servers/support/types.js'
import { inWords } from './host/stage.js'

const ROOMS = 'rooms.localhost'
const TOKEN = "<token xmlns='urn:example:invitation' value='4711'/>"

afterEach(stopAll)
afterEach(stopRecording)

/** Somebody at a plain client, who says XML and hears words. */
class Actor {
  readonly entity: TestEntity
  readonly #log: Recording

  constructor(entity: TestEntity, log: Recording) {
    this.entity = entity
    this.#log = log
  }

  get jid(): string {
    return jidOf(this.entity)
  }

  async says(...stanzas: readonly string[]): Promise<void> {
    for (const xml of stanzas) await this.entity.send(parse(xml))
  }

  /** What came since the last look, as XML. */
  read(): readonly string[] {
    const came = this.#log.received.map(String)
    this.#log.clear()
    return came
  }

  heard(): readonly string[] {
    return this.read().map(inWords)
  }

  leaves(): Promise<void> {
    return stopEntity(this.entity)
  }
}

/** Everything that was said has come to whoever is to hear it. */
const silence = (...actors: readonly Actor[]): Promise<void> => settled(...actors.map(({ entity }) => entity))

async function theatre() {
  const server = new TestServer({
    accounts: { anna: 'secret', bert: 'secret', cleo: 'secret' },
    components: { [ROOMS]: 'hush' },
  })
  onTestFinished(() => server.close())
  const known = {
    domain: 'localhost',
    componentDomain: ROOMS,
    components: { [ROOMS]: 'hush' },
    ...(await server.listen()),
  }
  const place = known as unknown as TestedServer
  const watched = (make: (before: (entity: TestEntity) => void) => Promise<TestEntity>): Promise<Actor> => {
    const logs: Recording[] = []
    const before = (entity: TestEntity): void => {
      entity.iqCallee.set(NS_ROSTER, 'query', () => true)
      logs.push(record(entity))
    }
    return make(before).then((entity) => {
      const [log] = logs
      if (log === undefined) throw new Error('Expected what was connected to be watched from the beginning')
      log.clear()
      return new Actor(entity, log)
    })
  }
  return {
    enter: (username: string, resource = 'home') =>
      watched((before) => connectClient(place, { username, resource, reconnect: false, before })),
    rooms: () => watched((before) => connectComponent(place, { reconnect: false, before })),
  }
}

const asks = (id: string): string => `<iq type='get' id='${id}'><query xmlns='${NS_ROSTER}'/></iq>`
const sets = (id: string, item: string): string =>
  `<iq type='set' id='${id}'><query xmlns='${NS_ROSTER}'>${item}</query></iq>`
const chat = (to: string, body: string): string => `<message to='${to}' type='chat'><body>${body}</body></message>`

test('who announces itself hears itself [basic]', async () => {
  const { enter } = await theatre()
  const anna = await enter('anna')
  await anna.says('<presence/>')
  await silence(anna)
  expect(anna.heard()).toEqual(['anna/home > anna/home: available'])
})

test('a roster begins empty; what is added is answered, then pushed, then in the roster [basic_roster]', async () => {
  const { enter } = await theatre()
  const anna = await enter('anna')
  const bert = await enter('bert')
  await anna.says('<presence/>', asks('first'))
  await silence(anna)
  expect(anna.heard()).toEqual(['anna/home > anna/home: available', 'first: roster empty'])
  await anna.says(sets('add', "<item jid='cleo@localhost'/>"))
  await silence(anna, bert)
  expect(anna.heard()).toEqual(['add: result', 'push: cleo none'])
  await anna.says(asks('then'))
  await silence(anna)
  expect(anna.heard()).toEqual(['then: roster cleo none'])
  expect(bert.heard()).toEqual([])
})

test('a request waits with all that stands in it, and is told again until it is answered [keep_full_sub_req]', async () => {
  const { enter } = await theatre()
  const anna = await enter('anna')
  await anna.says(`<presence type='subscribe' to='bert@localhost' id='ask'><status>Me!</status>${TOKEN}</presence>`)
  await silence(anna)
  await anna.leaves()
  for (const resource of ['home', 'phone', 'phone']) {
    const bert = await enter('bert', resource)
    await bert.says('<presence/>')
    await silence(bert)
    const [own = '', request = '', ...more] = bert.read()
    expect(inWords(own)).toBe(`bert/${resource} > bert/${resource}: available`)
    expect(inWords(request)).toBe('anna > bert: subscribe "Me!"')
    expect(parse(request).getChild('token', 'urn:example:invitation')?.attrs['value']).toBe('4711')
    expect(parse(request).attrs['id']).toBe('ask')
    expect(more).toEqual([])
    await bert.leaves()
  }
})

test('who is approved in advance is not asked about, and sees the other at once [presence_preapproval]', async () => {
  const { enter } = await theatre()
  const anna = await enter('anna')
  await anna.says('<presence/>', "<presence type='subscribed' to='bert@localhost'/>")
  await silence(anna)
  expect(anna.heard()).toEqual(['anna/home > anna/home: available'])
  const bert = await enter('bert')
  await bert.says(asks('first'), '<presence/>')
  await silence(bert)
  expect(bert.heard()).toEqual(['first: roster empty', 'bert/home > bert/home: available'])
  await bert.says("<presence type='subscribe' to='anna@localhost'/>")
  await silence(bert, anna)
  expect(bert.heard()).toEqual([
    'push: anna none asked',
    'anna > bert: subscribed',
    'push: anna to',
    'anna/home > bert: available',
  ])
  await bert.leaves()
  await anna.says(asks('after'))
  await silence(anna)
  expect(anna.heard()).toEqual(['after: roster bert from approved'])
})

/** They add each other; nothing is left to be heard. */
async function befriend(one: Actor, other: Actor): Promise<void> {
  const bare = ({ jid }: Actor): string => jid.split('/')[0] ?? ''
  await one.says('<presence/>', `<presence type='subscribe' to='${bare(other)}'/>`)
  await silence(one)
  await other.says('<presence/>', `<presence type='subscribed' to='${bare(one)}'/>`)
  await other.says(`<presence type='subscribe' to='${bare(one)}'/>`)
  await silence(other, one)
  await one.says(`<presence type='subscribed' to='${bare(other)}'/>`)
  await silence(one, other)
}

test('two who never fetched their rosters add each other, and hear of each other all the same [issue1121, blocking]', async () => {
  const { enter } = await theatre()
  const anna = await enter('anna')
  const bert = await enter('bert')
  await befriend(anna, bert)
  // RFC 6121 §3.1.6: what was granted is told to those alone who want to know of the roster.
  expect(anna.heard()).toEqual([
    'anna/home > anna/home: available',
    'bert/home > anna: available',
    'bert > anna: subscribe',
  ])
  expect(bert.heard()).toEqual([
    'bert/home > bert/home: available',
    'anna > bert: subscribe',
    'anna/home > bert: available',
  ])
  await bert.says(chat('anna@localhost', 'Hello?'))
  await anna.says(chat('bert@localhost', 'Hello!'))
  await silence(anna, bert)
  expect(anna.heard()).toEqual(['bert/home > anna: chat "Hello?"'])
  expect(bert.heard()).toEqual(['anna/home > bert: chat "Hello!"'])
  await bert.says("<presence type='unavailable'/>")
  await bert.leaves()
  await silence(anna)
  expect(anna.heard()).toEqual(['bert/home > anna: unavailable'])
})

test('who removes a contact is gone for that contact alone, from each resource that it saw [issue1121]', async () => {
  const { enter } = await theatre()
  const [anna, bert, cleo] = [await enter('anna'), await enter('bert'), await enter('cleo')]
  await befriend(anna, bert)
  await befriend(cleo, bert)
  for (const actor of [anna, bert, cleo]) actor.read()
  await bert.says(sets('bye', "<item jid='anna@localhost' subscription='remove'/>"))
  await silence(bert, anna, cleo)
  expect(bert.heard()).toEqual(['bye: result', 'anna/home > bert: unavailable'])
  expect(anna.heard()).toEqual(['bert/home > anna: unavailable'])
  expect(cleo.heard()).toEqual([])
  await bert.says('<presence><show>away</show></presence>')
  await silence(bert, anna, cleo)
  expect(anna.heard()).toEqual([])
  expect(cleo.heard()).toEqual(['bert/home > cleo: away'])
})

test('messages find the resource they name, or those that want them: none below priority 0 [basic_message]', async () => {
  const { enter } = await theatre()
  const [anna, bert, phone] = [await enter('anna'), await enter('bert'), await enter('bert', 'phone')]
  // Also one that has not announced itself.
  await anna.says(chat('bert@localhost/home', 'to your desk'), chat('bert@localhost/phone', 'to your phone'))
  await silence(anna, bert, phone)
  expect(bert.heard()).toEqual(['anna/home > bert/home: chat "to your desk"'])
  expect(phone.heard()).toEqual(['anna/home > bert/phone: chat "to your phone"'])
  // Prosody keeps it; a server that stores no messages returns it (RFC 6121 §8.5.2.2.1).
  await anna.says(chat('bert@localhost', 'anybody?'))
  await silence(anna)
  expect(anna.heard()).toEqual(['bert > anna/home: error service-unavailable'])
  await phone.says('<presence/>')
  await bert.says('<presence><priority>-1</priority></presence>')
  await silence(phone, bert)
  expect(phone.heard()).toEqual(['bert/phone > bert/phone: available', 'bert/home > bert/phone: available'])
  expect(bert.heard()).toEqual(['bert/home > bert/home: available', 'bert/phone > bert/home: available'])
  await anna.says(chat('bert@localhost', 'whoever'), chat('bert@localhost/home', 'hiding?'))
  await silence(anna, bert, phone)
  expect(phone.heard()).toEqual(['anna/home > bert: chat "whoever"'])
  expect(bert.heard()).toEqual(['anna/home > bert/home: chat "hiding?"'])
  await bert.says('<presence/>')
  await anna.says(chat('bert@localhost', 'both of you'))
  await silence(bert, phone)
  await silence(anna, bert, phone)
  expect(phone.heard()).toEqual(['bert/home > bert/phone: available', 'anna/home > bert: chat "both of you"'])
  expect(bert.heard()).toEqual(['bert/home > bert/home: available', 'anna/home > bert: chat "both of you"'])
})

test('presence for a room reaches the room, its end too, however it ends [issue505, issue978, muc_presence_probe]', async () => {
  const { enter, rooms } = await theatre()
  const [room, anna, bert] = [await rooms(), await enter('anna'), await enter('bert')]
  const lobby = `lobby@${ROOMS}`
  await anna.says(`<presence to='${lobby}/Anna'><x xmlns='http://jabber.org/protocol/muc'/></presence>`)
  await silence(anna, room)
  expect(room.read().map(String)).toEqual([
    `<presence to="${lobby}/Anna" from="anna@localhost/home"><x xmlns="http://jabber.org/protocol/muc"/></presence>`,
  ])
  await anna.says(`<presence type='probe' to='${lobby}/Anna'/>`)
  await anna.says(`<presence type='unavailable' to='${lobby}'><status>Farewell</status></presence>`)
  await bert.says(`<presence to='${lobby}/Bert'/>`, `<presence type='error' to='${lobby}'/>`)
  await silence(anna, bert, room)
  expect(room.heard().map((line) => line.replaceAll('.localhost', ''))).toEqual([
    'anna/home > lobby@rooms/Anna: probe',
    'anna/home > lobby@rooms: unavailable "Farewell"',
    'bert/home > lobby@rooms/Bert: available',
    expect.stringMatching(/^bert\/home > lobby@rooms: error/),
  ])
  const phone = await enter('anna', 'phone')
  await phone.says(`<presence to='${lobby}/Phone'/>`)
  await phone.leaves()
  await silence(bert, room)
  expect(room.heard().map((line) => line.replaceAll('.localhost', ''))).toEqual([
    'anna/phone > lobby@rooms/Phone: available',
    'anna/phone > lobby@rooms/Phone: unavailable',
  ])
})

test('an account says what it is to itself [disco_self]', async () => {
  const { enter } = await theatre()
  const anna = await enter('anna')
  await anna.says("<iq type='get' id='info'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>")
  await silence(anna)
  const query = parse(anna.read()[0] ?? '').getChild('query', 'http://jabber.org/protocol/disco#info')
  expect(query?.getChild('identity')?.attrs).toEqual({ category: 'account', type: 'registered' })
  expect(query?.getChildren('feature').map(({ attrs }) => attrs['var'])).toEqual([
    'http://jabber.org/protocol/disco#info',
    'http://jabber.org/protocol/disco#items',
  ])
})

test('a probe of an account that is not there ends what was asked of it [tombstones]', async () => {
  const { enter } = await theatre()
  const anna = await enter('anna')
  await anna.says(asks('first'), "<presence type='subscribe' to='dora@localhost'/>")
  await silence(anna)
  expect(anna.heard()).toEqual(['first: roster empty', 'push: dora none asked'])
  await anna.says("<presence type='probe' to='dora@localhost'/>")
  await silence(anna)
  expect(anna.heard()).toEqual(['dora > anna: unsubscribed', 'push: dora none'])
})
