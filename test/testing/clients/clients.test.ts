import { afterAll, afterEach, beforeAll, describe, test } from 'vitest'
import { TestServer } from '../../../src/testing/server.js'
import { describeServers } from '../../servers/support/index.js'
import { conversations, type Place } from './conversations.js'
import type { LogIn, Person } from './person.js'
import { hasSlixmpp, logInWithSlixmpp } from './slixmpp.js'
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

const atTestServer = (logIn: LogIn): void => {
  let server = new TestServer()
  let service = ''
  beforeAll(async () => {
    server = new TestServer()
    service = (await server.listen()).c2s
  })
  afterAll(() => server.close())
  const addAccount = async (username: string, password: string): Promise<void> => server.addAccount(username, password)
  conversations(placeAt({ service: () => service, addAccount }, logIn, true))
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

describe('TestServer and xmpp.js', () => atTestServer(logInWithXmppJs))

describe('TestServer and stanza.js', () => atTestServer(logInWithStanzaJs))

describe('TestServer and slixmpp', () => {
  if (hasSlixmpp) atTestServer(logInWithSlixmpp)
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
