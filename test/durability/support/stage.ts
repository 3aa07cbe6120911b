import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RosterStorage } from '../../../src/index.js'
import { TestServer } from '../../../src/testing.js'
import { bundle } from './bundle.js'
import { Mortal } from './mortal.js'
import { Person } from './person.js'
import { openStorage, prepareStorage } from './storages.js'

const DOMAIN = 'localhost'
const COMPONENT = 'bots.localhost'
const SECRET = 'secret'
export const PEOPLE = ['romeo', 'juliet']

const PROGRAM = fileURLToPath(new URL('./component.child.ts', import.meta.url))

/** A server, two people on it, a component that is killed now and then, and a look into the component's storage. */
export interface Stage {
  readonly server: TestServer
  readonly people: ReadonlyMap<string, Person>
  readonly component: Mortal
  /** The component's storage, as the test sees it. */
  readonly storage: RosterStorage
  ownerNamed(name: string): string
  close(): Promise<void>
}

/** `url`: as in `openStorage`. */
export async function openStage(url: string): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'xmpp-roster-kill-'))
  await prepareStorage(url)
  const server = new TestServer({
    domain: DOMAIN,
    accounts: Object.fromEntries(PEOPLE.map((name) => [name, name])),
    components: { [COMPONENT]: SECRET },
  })
  const { c2s, component: service } = await server.listen()
  const people = new Map(PEOPLE.map((name) => [name, new Person(c2s, DOMAIN, name)]))
  for (const person of people.values()) await person.arrive()
  const program = await bundle(PROGRAM)
  const journal = join(folder, 'journal')
  writeFileSync(journal, '')
  const component = new Mortal({
    program: program.path,
    storage: url,
    service,
    domain: COMPONENT,
    secret: SECRET,
    journal,
  })
  const { storage, close } = await openStorage(url)
  return {
    server,
    people,
    component,
    storage,
    ownerNamed: (name) => `${name}@${COMPONENT}`,
    async close() {
      await component.end()
      for (const person of people.values()) await person.leave()
      await server.close()
      await close()
      await program.remove()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
