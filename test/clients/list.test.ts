import { describe, expect, test } from 'vitest'
import type { ClientAccess } from '../../src/clients.js'
import { manualClock } from '../../src/testing.js'
import { clientsOf, NS, refused, stage } from './stage.js'

const NOW = Date.UTC(2026, 10, 21, 12)
const SEEN = '2026-03-04T05:06:07Z'

/** A client of which the server says nothing but its id. */
const BARE: ClientAccess = {
  id: 'client/phone',
  type: 'session',
  connected: false,
  firstSeen: undefined,
  lastSeen: undefined,
  auth: [],
  software: undefined,
  softwareId: undefined,
  softwareVersion: undefined,
  uri: undefined,
  device: undefined,
}

/** The list that comes of these clients, at noon. */
async function listOf(...clients: readonly string[]): Promise<readonly ClientAccess[]> {
  const { clients: juliets } = await stage(() => clientsOf(...clients), { clock: manualClock(NOW) })
  return juliets.list()
}

/** One client in the words of the server, and what it is read as. */
const oneOf = async (attrs: string, children = ''): Promise<ClientAccess | undefined> =>
  (await listOf(`<client id='client/phone' ${attrs}>${children}</client>`))[0]

describe('The list of clients', () => {
  test('is asked from the account itself, and read whole', async () => {
    const { clients, asked } = await stage(() =>
      clientsOf(
        `<client connected='true' id='client/a5/b6' type='session'>
           <first-seen>2023-04-06T14:26:08Z</first-seen><last-seen>2023-04-06T14:37:31.5+02:00</last-seen>
           <auth><password/><fast/></auth>
           <user-agent>
             <software id='org.example.gajim' version='1.8'>Gajim</software>
             <uri>https://gajim.org/</uri><device>Juliet's laptop</device>
           </user-agent>
         </client>`,
        `<client connected='false' id='grant/aCe9' type='access'>
           <first-seen>2023-03-27T15:16:09Z</first-seen><last-seen>2023-03-27T15:37:24Z</last-seen>
           <auth><grant/></auth><user-agent><software>REST client</software></user-agent>
         </client>`,
      ),
    )
    const list = await clients.list()
    expect(asked).toEqual([`get <list xmlns="${NS}"/>`])
    expect(list).toEqual([
      {
        ...{ id: 'client/a5/b6', type: 'session', connected: true },
        firstSeen: new Date('2023-04-06T14:26:08Z'),
        lastSeen: new Date('2023-04-06T12:37:31.500Z'),
        auth: ['password', 'fast'],
        ...{ software: 'Gajim', softwareId: 'org.example.gajim', softwareVersion: '1.8' },
        ...{ uri: 'https://gajim.org/', device: "Juliet's laptop" },
      },
      {
        ...{ ...BARE, id: 'grant/aCe9', type: 'access', connected: false, auth: ['grant'], software: 'REST client' },
        firstSeen: new Date('2023-03-27T15:16:09Z'),
        lastSeen: new Date('2023-03-27T15:37:24Z'),
      },
    ])
  })

  test('of an account that nothing has access to is empty', async () => {
    expect(await listOf()).toEqual([])
  })

  test('keeps the order of the server', async () => {
    const list = await listOf(...['z', 'a', 'm'].map((id) => `<client id='${id}'/>`))
    expect(list.map(({ id }) => id)).toEqual(['z', 'a', 'm'])
  })

  test('is frozen, and so is all that is in it but the dates', async () => {
    const list = await listOf(`<client id='a'><auth><password/></auth></client>`)
    expect([list, list[0], list[0]?.auth].map(Object.isFrozen)).toEqual([true, true, true])
  })

  test('takes no elements of other namespaces for its own', async () => {
    const [one, ...more] = await listOf(
      `<client xmlns='urn:example' id='other'/>`,
      `<client id='client/phone'><auth xmlns='urn:example'><password/></auth><user-agent><software xmlns='urn:example'>X</software></user-agent></client>`,
    )
    expect(one).toEqual(BARE)
    expect(more).toEqual([])
  })

  test.for<[says: string, xml: string, read: Partial<ClientAccess>]>([
    ['nothing at all', '', {}],
    ['<bearer-token/>, as the module does', '<auth><bearer-token/></auth>', { auth: ['grant'] }],
    ['<grant/>, as its document does', '<auth><grant/></auth>', { auth: ['grant'] }],
    ['both for one', '<auth><grant/><password/><bearer-token/></auth>', { auth: ['grant', 'password'] }],
    ['an empty <auth/>', '<auth/>', { auth: [] }],
    ['ways to log in that nobody knows', '<auth><passkey/><fast/></auth>', { auth: ['fast'] }],
    ['an empty <user-agent/>', '<user-agent/>', {}],
    ['empty texts', '<first-seen/><user-agent><software/><uri/><device> </device></user-agent>', {}],
    [
      'attributes on an empty <software/>',
      `<user-agent><software id='org.example.app' version='2'/></user-agent>`,
      { softwareId: 'org.example.app', softwareVersion: '2' },
    ],
    [
      'a name in other scripts, with markup in it',
      '<user-agent><software>&lt;b&gt;Ῥωμαῖος ✿&lt;/b&gt;</software></user-agent>',
      { software: '<b>Ῥωμαῖος ✿</b>' },
    ],
    ['times around white space', `<last-seen>\n ${SEEN} </last-seen>`, { lastSeen: new Date(SEEN) }],
    ['no date', '<first-seen>yesterday</first-seen>', {}],
    ['a date that is none', '<first-seen>2026-13-45T00:00:00Z</first-seen>', {}],
    ['a date without a time zone', '<last-seen>2026-03-04T05:06:07</last-seen>', {}],
    ['seconds since 1970', '<last-seen>1700000000</last-seen>', {}],
    ['"now" of a client that is away', '<last-seen>now</last-seen>', {}],
  ])('of a server that says %s', async ([, xml, read]) => {
    expect(await oneOf('', xml)).toEqual({ ...BARE, ...read })
  })

  test.for<[attrs: string, read: Partial<ClientAccess>]>([
    [`connected='true'`, { connected: true }],
    [`connected='1'`, { connected: true }],
    [`connected='false'`, { connected: false }],
    [`connected='yes'`, { connected: false }],
    [`type='access'`, { type: 'access' }],
    [`type='session'`, { type: 'session' }],
    [`type='device'`, { type: 'session' }],
  ])('of a server that says %s', async ([attrs, read]) => {
    expect(await oneOf(attrs)).toEqual({ ...BARE, ...read })
  })

  test('a client that is connected and was seen "now" was seen when the answer came', async () => {
    expect(await oneOf(`connected='true'`, '<last-seen>now</last-seen>')).toMatchObject({ lastSeen: new Date(NOW) })
  })

  test('a client without an id is listed all the same: it has access', async () => {
    expect(await listOf(`<client connected='true'/>`)).toEqual([{ ...BARE, id: '', connected: true }])
  })

  test.for(['', `<clients xmlns='urn:example'/>`, `<list xmlns='${NS}'/>`])(
    'a result that holds %j is no list',
    async (payload) => {
      const { clients } = await stage(() => `<iq type='result'>${payload}</iq>`)
      await expect(clients.list()).rejects.toMatchObject({ code: 'STANZA_INVALID' })
    },
  )

  test.for<[condition: string, code: string]>([
    ['service-unavailable', 'UNSUPPORTED'],
    ['feature-not-implemented', 'UNSUPPORTED'],
    ['forbidden', 'REFUSED'],
    ['internal-server-error', 'REFUSED'],
    ['item-not-found', 'REFUSED'],
    ['undefined-condition', 'REFUSED'],
  ])('that is refused with %s rejects with %s', async ([condition, code]) => {
    const { clients } = await stage(() => refused(condition))
    await expect(clients.list()).rejects.toMatchObject({ code, condition, owner: 'juliet@localhost' })
  })

  test('a server that has never heard of it says so', async () => {
    const { clients } = await stage(() => undefined)
    await expect(clients.list()).rejects.toMatchObject({ code: 'UNSUPPORTED', condition: 'service-unavailable' })
  })

  test('what the server says about its refusal stands in the message, made visible', async () => {
    const text = `<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>Out of \u202etapes</text>`
    const { clients } = await stage(() => refused('internal-server-error', text))
    await expect(clients.list()).rejects.toThrow('internal-server-error (Out of \\u{202e}tapes)')
  })
})
