import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { TestServer } from '../../../src/testing/server.js'
import { describeServers } from '../../servers/support/index.js'
import { conversations, type Place, settled } from './conversations.js'
import type { LogIn, Person } from './person.js'
import { hasSlixmpp, logInWithSlixmpp, type SlixmppPerson } from './slixmpp.js'
import { logInWithStanzaJs } from './stanza-js.js'
import { logInWithXmppJs } from './xmpp-js.js'

const PASSWORD = 'pass word, =2C and ü'

/** Asked only while tests run. */
interface Server {
  service(): string
  addAccount(username: string, password: string): Promise<void>
}

/** A place at a server for people with one kind of client. */
const placeAt = (server: Server, logIn: LogIn, isStrict: boolean): Place => {
  const people: Person[] = []
  let accounts = 0
  afterEach(async () => {
    await Promise.all(people.splice(0).map((person) => person.leave()))
  })
  const loginOf = (jid: string, resource: string, password: string) => {
    const [username = '', domain = ''] = jid.split('@')
    return { service: server.service(), domain, username, password, resource }
  }
  return {
    isStrict,
    async account(base) {
      accounts += 1
      await server.addAccount(`${base}${accounts}`, PASSWORD)
      return `${base}${accounts}@localhost`
    },
    async enter(jid, resource, options = {}) {
      const person = await logIn({ ...loginOf(jid, resource, PASSWORD), ...options })
      people.push(person)
      return person
    },
    enterWrongly: (jid) => logIn(loginOf(jid, 'home', 'wrong')),
  }
}

/** All conversations at a server of our own; the place, for what one client alone has to say. */
const atTestServer = (logIn: LogIn): Place => {
  let server = new TestServer()
  let service = ''
  beforeAll(async () => {
    server = new TestServer()
    service = (await server.listen()).c2s
  })
  afterAll(() => server.close())
  const addAccount = async (username: string, password: string): Promise<void> => server.addAccount(username, password)
  const place = placeAt({ service: () => service, addAccount }, logIn, true)
  conversations({ ...place, cut: (jid) => server.cut(jid, { resume: true }) })
  return place
}

const withoutClient = (name: string, debian: string): void => {
  const message = `${name} is not installed: install the Debian package "${debian}"`
  if (process.env['CI']) {
    test('has its client', () => {
      throw new Error(message)
    })
    return
  }
  console.warn(`!!! SKIPPED: ${name} and the test server: ${message}`)
  test.skip(`needs ${name}`, () => undefined)
}

describe('TestServer and xmpp.js', () => {
  atTestServer(logInWithXmppJs)
})

describe('TestServer and stanza.js', () => {
  atTestServer(logInWithStanzaJs)
})

const withSlixmpp = (): void => {
  const place = atTestServer(logInWithSlixmpp)

  test('it still knows the roster that it was not sent again', async () => {
    const [romeo, juliet] = [await place.account('romeo'), await place.account('juliet')]
    const he = await place.enter(romeo, 'home')
    await he.roster()
    await he.update(juliet, { name: 'Juliet' })
    await settled(he)
    expect(await he.roster()).toBe('current')
    expect((he as SlixmppPerson).kept).toContain(juliet)
  })
}

const allTogether = (): void => {
  test('three people with three clients subscribe to each other, and see each other', async () => {
    await using server = new TestServer({ accounts: { romeo: PASSWORD, juliet: PASSWORD, nurse: PASSWORD } })
    const { c2s: service } = await server.listen()
    const login = { service, domain: 'localhost', password: PASSWORD, resource: 'home' }
    const people = [
      await logInWithXmppJs({ ...login, username: 'romeo' }),
      await logInWithStanzaJs({ ...login, username: 'juliet' }),
      await logInWithSlixmpp({ ...login, username: 'nurse' }),
    ]
    const bare = ({ jid }: Person): string => jid.split('/')[0] ?? ''
    const others = (one: Person): readonly Person[] => people.filter((other) => other !== one)
    for (const type of ['subscribe', 'subscribed'] as const) {
      for (const one of people) {
        await one.announce()
        for (const other of others(one)) await one.says(type, bare(other))
      }
      await settled(...people)
    }
    // What the last one said has been written to the first by now, and is read with the next answer.
    await settled(...people)
    for (const one of people) one.heard()
    for (const one of people) {
      await one.announce('dnd')
      await settled(one, ...others(one))
      for (const other of people) expect(other.heard()).toEqual([`${one.jid} dnd`])
    }
    await Promise.all(people.map((one) => one.leave()))
  })
}

describe('TestServer and slixmpp', () => {
  if (hasSlixmpp) withSlixmpp()
  else withoutClient('slixmpp', 'python3-slixmpp')
})

describe('TestServer and all three', () => {
  if (hasSlixmpp) allTogether()
  else withoutClient('slixmpp', 'python3-slixmpp')
})

describeServers(
  'the same conversations ask nothing that only the test server gives',
  { only: ['prosody'] },
  (server) => {
    const addAccount = (username: string, password: string): Promise<void> => server.addAccount(username, password)
    conversations(placeAt({ service: () => server.c2s, addAccount }, logInWithStanzaJs, false))
  },
)
