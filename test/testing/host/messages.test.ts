import { expect, test } from 'vitest'
import { JULIET, ROMEO, type Stage, stage } from './stage.js'

const message = (to: string, type: string, body = 'Hello'): string =>
  `<message to='${to}' type='${type}' id='m'><body>${body}</body></message>`

/** Juliet has four resources: two with the highest priority, one below, one that takes no messages. */
async function resources(place: Stage) {
  const priority = (number: number): string => `<presence><priority>${number}</priority></presence>`
  const balcony = await place.login('juliet', 'balcony', priority(5))
  const chamber = await place.login('juliet', 'chamber', priority(5))
  const garden = await place.login('juliet', 'garden', priority(1))
  const cellar = await place.login('juliet', 'cellar', priority(-1))
  const all = { balcony, chamber, garden, cellar }
  for (const one of Object.values(all)) one.read()
  return all
}

const takers = (all: Awaited<ReturnType<typeof resources>>): readonly string[] =>
  Object.entries(all).flatMap(([name, one]) => (one.heard().length > 0 ? [name] : []))

test('a message arrives as it was said, from the full JID, in the namespace of the stream, with its "to" as it was written (RFC 6121 §8.5.2.1.1)', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await romeo.say(
    `<message xmlns='jabber:client' to='${JULIET}' from='pope@vatican.example' id='m' type='chat'><body>&lt;3 &amp; more</body><x xmlns='urn:example:x'/></message>`,
  )
  expect(juliet.read()).toEqual([
    `<message to="${JULIET}" from="${ROMEO}/home" id="m" type="chat"><body>&lt;3 &amp; more</body><x xmlns="urn:example:x"/></message>`,
  ])
})

test.each([
  ['chat', ['balcony', 'chamber']],
  ['normal', ['balcony', 'chamber']],
  ['unheard of', ['balcony', 'chamber']],
  ['headline', ['balcony', 'chamber', 'garden']],
  ['groupchat', []],
  ['error', []],
])('a message of type "%s" to the bare JID goes to %j (RFC 6121 §8.5.2.1.1)', async (type, expected) => {
  const place = stage()
  const romeo = await place.login('romeo')
  const all = await resources(place)
  await romeo.say(message(JULIET, type))
  expect(takers(all)).toEqual(expected)
  expect(romeo.heard()).toEqual(type === 'groupchat' ? ['juliet > romeo/home: error service-unavailable'] : [])
})

test.each(['chat', 'normal', 'headline', 'groupchat', 'error'])(
  'a message of type "%s" to a full JID goes to that resource, whatever its priority (RFC 6121 §8.5.3.1)',
  async (type) => {
    const place = stage()
    const romeo = await place.login('romeo')
    const all = await resources(place)
    await romeo.say(message(`${JULIET}/cellar`, type))
    expect(takers(all)).toEqual(['cellar'])
  },
)

test.each([
  ['chat', ['balcony', 'chamber'], []],
  ['normal', [], ['juliet/tomb > romeo/home: error service-unavailable']],
  ['groupchat', [], ['juliet/tomb > romeo/home: error service-unavailable']],
  ['headline', [], []],
  ['error', [], []],
])(
  'a message of type "%s" to a resource that is not there goes to %j (RFC 6121 §8.5.3.2.1)',
  async (type, expected, back) => {
    const place = stage()
    const romeo = await place.login('romeo')
    const all = await resources(place)
    await romeo.say(message(`${JULIET}/tomb`, type))
    expect(takers(all)).toEqual(expected)
    expect(romeo.heard()).toEqual(back)
  },
)

test('a message that nobody takes comes back; headlines and errors do not (RFC 6121 §8.5.2.2.1, §8.5.1)', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  await login('juliet', 'cellar', '<presence><priority>-1</priority></presence>')
  for (const to of [JULIET, 'nurse@localhost', 'rosaline@localhost', 'localhost']) {
    await romeo.say(message(to, 'chat'), message(to, 'headline'), message(to, 'error'))
    expect(romeo.read()).toEqual([
      `<message type="error" from="${to}" to="${ROMEO}/home" id="m"><error type="cancel"><service-unavailable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></message>`,
    ])
  }
})

test('a message to an unknown domain or to no JID comes back', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  await romeo.say(message('a@elsewhere.example', 'chat'), message('a@@b', 'chat'))
  expect(romeo.heard()).toEqual([
    'a@elsewhere.example > romeo/home: error remote-server-not-found',
    'a@@b > romeo/home: error jid-malformed',
  ])
})

test('a message without an address is for the own account (RFC 6120 §10.3.1)', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  await romeo.say('<message><body>Note</body></message>')
  expect(romeo.heard()).toEqual(['romeo/home > (nobody): normal "Note"'])
})
