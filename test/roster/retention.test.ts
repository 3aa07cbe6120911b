import { parse } from 'ltx/lib/ltx.js'
import { expect, onTestFinished, test } from 'vitest'
import { Roster } from '../../src/index.js'
import { heapUsed, PACKETS, PACKETS_BYTES, packetOf } from '../core/packets.js'
import { FakeClient, item, turn } from '../support/fake-client.js'
import { FakeComponent } from '../support/fake-component.js'

const JULIET = 'juliet@example.com'
const OWNER = 'a-bot-of-many-words@bots.example'
const NS = 'jabber:iq:roster'
const CAPULETS = Array.from({ length: PACKETS }, (_, at) => `contact${at}.of-the-house@capulet.example`)

interface Session {
  readonly roster: Roster
  readonly entity: { _onElement(element: NonNullable<ReturnType<typeof parse>>): void }
}

async function clientSession(): Promise<Session> {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity, { presence: false, autoAuthorize: null })
  onTestFinished(() => roster.close({ announce: false }))
  await juliet.login(CAPULETS.map((jid) => item(jid, 'both')).join(''))
  return { roster, entity: juliet.entity }
}

async function componentSession(): Promise<Session> {
  const bots = new FakeComponent('bots.example')
  const roster = new Roster(bots.entity, { presence: false })
  onTestFinished(() => roster.close({ announce: false }))
  bots.online()
  const owner = await roster.open(OWNER)
  await Promise.all(CAPULETS.map((jid) => owner.update(jid, {})))
  await Promise.all(CAPULETS.map((jid) => owner.subscribe(jid)))
  for (const jid of CAPULETS) bots.receive(`<presence type="subscribed" from="${jid}" to="${OWNER}"/>`)
  await turn()
  return { roster, entity: bots.entity }
}

/** One large packet for each contact, of which a stanza is the beginning; what is left in memory when all have come. */
async function leftBy({ entity }: Session, stanzaOf: (contact: string, at: number) => string): Promise<number> {
  const receive = (contact: string, at: number): void => {
    // The parser of xmpp.js cuts all text out of the packet.
    const stream = parse(packetOf(`<stream>${stanzaOf(contact, at)}<!--`, '--></stream>'))
    const [stanza] = stream.getChildElements()
    if (stanza !== undefined) entity._onElement(stanza)
  }
  await turn()
  const before = heapUsed()
  for (const [at, contact] of CAPULETS.entries()) {
    receive(contact, at)
    await turn()
  }
  return heapUsed() - before
}

const presence = (to: string) => (contact: string, at: number) =>
  `<presence from="${contact}/the-balcony-above-the-orchard-${at}" to="${to}"><show>away</show>` +
  `<status>a status of many words ${at}</status><priority>100</priority></presence>`

const request = (to: string) => (contact: string, at: number) =>
  `<presence type="subscribe" from="another-${contact}" to="${to}"><status>a status of many words ${at}</status></presence>`

const push = (contact: string, at: number): string =>
  `<iq type="set" id="an-id-of-many-characters-${at}" to="${JULIET}"><query xmlns="${NS}" ver="version-number-${at}">` +
  `<item jid="new-${contact}" subscription="both" name="A name of many words ${at}">` +
  `<group>A group of many words ${at}</group></item></query></iq>`

const CLIENT = [
  ['presence', presence(JULIET)],
  ['presence of its own other resources', (_: string, at: number) => presence(JULIET)(JULIET, at)],
  ['roster pushes', push],
  ['subscription requests', request(JULIET)],
] as const

test.each(CLIENT)('a client keeps no packet for %s', async (_what, stanzaOf) => {
  const left = await leftBy(await clientSession(), stanzaOf)
  expect(left).toBeLessThan(PACKETS_BYTES / 10)
})

test.each([
  ['presence', presence(OWNER)],
  ['subscription requests', request(OWNER)],
  ['presence of strangers', (contact: string, at: number) => presence(OWNER)(`no-${contact}`, at)],
  ['probes of strangers', (contact: string) => `<presence type="probe" from="no-${contact}" to="${OWNER}"/>`],
  ['stray answers', (contact: string) => `<presence type="subscribed" from="no-${contact}" to="${OWNER}"/>`],
])('a component keeps no packet for %s', async (_what, stanzaOf) => {
  const left = await leftBy(await componentSession(), stanzaOf)
  expect(left).toBeLessThan(PACKETS_BYTES / 10)
})

test('what was said in those packets is known', async () => {
  const session = await clientSession()
  for (const [, stanzaOf] of CLIENT) await leftBy(session, stanzaOf)
  const { own } = session.roster
  expect(own.size).toBe(2 * PACKETS)
  expect(own.requests()).toHaveLength(PACKETS)
  expect(own.get('new-contact7.of-the-house@capulet.example')?.groups).toEqual(['A group of many words 7'])
  expect(own.presence('contact7.of-the-house@capulet.example').best).toMatchObject({
    resource: 'the-balcony-above-the-orchard-7',
    status: 'a status of many words 7',
  })
})
