// Starting a component on a storage of many owners: only those are loaded that owe something, or that somebody asks for.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { Roster } from 'xmpp-roster'
import { SqliteStorage } from 'xmpp-roster/sqlite'
import { compare } from './support/measure.mjs'
import { milliseconds, row, table } from './support/report.mjs'
import { openSession } from './support/session.mjs'

const OWNERS = 100_000
const DOMAIN = 'bots.montague.example'
const folder = mkdtempSync(join(tmpdir(), 'xmpp-roster-bench-'))

/** A file of so many owners with a contact each. What fills it need not wait for the disk. */
async function filled(name, owners) {
  const database = new Database(join(folder, name))
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF')
  const storage = new SqliteStorage({ database })
  const put = [{ jid: 'juliet@capulet.example', groups: ['Friends'], state: 'both' }]
  for (let at = 0; at < owners; at++)
    await storage.commit(`owner${at}@${DOMAIN}`, { base: undefined, revision: 'r', put })
  return storage
}

let loaded = 0

/** A component comes online, its own roster and one owner's are there, and what is owed was looked for. */
const start = (storage) => async () => {
  const { roster } = await openSession('component', { Roster, options: { storage } })
  for await (const owner of storage.owners({ domain: DOMAIN, with: 'owed' })) throw new Error(`${owner} owes nothing.`)
  loaded = Math.max(loaded, roster.size)
  await roster.close({ announce: false })
}

table(
  `A component starts on ${OWNERS} stored owners`,
  'Its own roster and one that is opened are in memory then; the others stay in their file.',
)
try {
  const [few, many] = [await filled('few.db', 1), await filled('many.db', OWNERS)]
  const { ratio, ours, theirs } = await compare(start(many), start(few))
  row('with one stored owner', theirs, { text: milliseconds(theirs) })
  row(`with ${OWNERS} of them`, ours, { text: milliseconds(ours) })
  row('with many : with one', ratio, { most: 2 })
  row('owners in memory', loaded, { text: String(loaded), most: 2 })
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exit()
