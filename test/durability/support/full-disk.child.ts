// Fills the disk that a database is on, makes room again, and tells what was there each time: `full-disk.child.ts <folder>`.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RosterError } from '../../../src/index.js'
import { SqliteStorage } from '../../../src/sqlite.js'

/** What is in the way until room is made. */
const BALLAST_BYTES = 512 * 1024
const JULIET = 'juliet@example.com'

export interface Report {
  readonly failure: { readonly code: string; readonly message: string }
  /** Owners whose commits were acknowledged before the disk was full. */
  readonly acknowledged: readonly string[]
  /** Owners that are there: while it is full, when there is room again, and after the file was opened anew. */
  readonly seen: readonly (readonly string[])[]
}

const [folder = '.'] = process.argv.slice(2)
const path = join(folder, 'rosters.db')
const ballast = join(folder, 'ballast')

const create = (storage: SqliteStorage, owner: string): Promise<void> =>
  storage.commit(owner, {
    base: undefined,
    revision: `first of ${owner}`,
    put: [{ jid: JULIET, name: 'x'.repeat(2_000), groups: [], state: 'both' }],
  })

async function fillUp(storage: SqliteStorage, acknowledged: string[]): Promise<RosterError> {
  for (;;) {
    const owner = `owner${String(acknowledged.length).padStart(5, '0')}@example.net`
    try {
      await create(storage, owner)
    } catch (error) {
      if (error instanceof RosterError) return error
      throw error
    }
    acknowledged.push(owner)
  }
}

/** Every owner whose roster can be read whole. */
async function whole(storage: SqliteStorage): Promise<readonly string[]> {
  const found: string[] = []
  for await (const owner of storage.owners()) {
    if ((await storage.load(owner))?.items[0]?.name?.length === 2_000) found.push(owner)
  }
  return found.sort()
}

async function play(): Promise<Report> {
  writeFileSync(ballast, Buffer.alloc(BALLAST_BYTES))
  const storage = await SqliteStorage.open(path)
  const acknowledged: string[] = []
  const { code, message } = await fillUp(storage, acknowledged)
  const full = await whole(storage)
  rmSync(ballast)
  await create(storage, 'zoe@example.net')
  const roomy = await whole(storage)
  await storage.close()
  const again = await SqliteStorage.open(path)
  const seen = [full, roomy, await whole(again)]
  await again.close()
  return { failure: { code, message }, acknowledged, seen }
}

play().then(
  (report) => console.log(JSON.stringify(report)),
  (error: unknown) => {
    console.error(error)
    process.exitCode = 1
  },
)
