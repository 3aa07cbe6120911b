import { RosterError } from '../../core/errors.js'
import type { RosterChanges, StoredRoster } from '../port.js'
import { batchesOf, marks } from './batches.js'
import type { Connection, Query } from './connection.js'
import type { Dialect, Page, PageRow } from './dialect.js'
import { MysqlCommit } from './mysql-commit.js'
import { mysqlMigrations } from './mysql-schema.js'
import { changesOf, fromJson, type ItemRow, type OwedRow, rosterOf } from './rows.js'
import type { Tables } from './tables.js'
import type { Write } from './write.js'

/** How often `changes` looks again because somebody wrote between its two statements. */
const LOOKS = 3
/** Contacts that are looked for one by one; who missed more loads the whole. */
const MOST_TOUCHED = 1_000
/** Seconds to wait for another process that migrates. */
const LOCK_S = 60

/** A row of an owner, of an item or of what is owed: one statement gives all three, so that they are of one moment. */
interface PartRow {
  readonly kind: unknown
  readonly id: string
  readonly k: string
  readonly a: string | null
  readonly b: string | null
  readonly state: unknown
  readonly approved: unknown
  readonly unlisted: unknown
  readonly request: unknown
  readonly received: unknown
  readonly deferred: unknown
  readonly asked: unknown
  readonly number: unknown
  readonly place: unknown
}

interface Parts {
  readonly items: ItemRow[]
  readonly owed: PartRow[]
}

const text = (column: string): string => `CONVERT(${column} USING utf8mb4)`

/** MariaDB and MySQL. */
export class MysqlDialect implements Dialect {
  readonly migrations: Dialect['migrations']
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
    this.migrations = mysqlMigrations(tables)
  }

  commit(connection: Connection, owner: string, write: Write): Promise<boolean> {
    return connection.transaction((transaction) => new MysqlCommit(transaction, this.#tables, write).run(owner))
  }

  async load(connection: Connection, owners: readonly string[]): Promise<ReadonlyMap<string, StoredRoster>> {
    const found = new Map<string, StoredRoster>()
    for (const batch of batchesOf(owners.map((owner) => [owner] as const))) {
      const rows = await connection.rows<PartRow>(this.#parts(batch.flat()))
      for (const [owner, roster] of rostersIn(rows)) found.set(owner, roster)
    }
    return found
  }

  async changes(connection: Connection, owner: string, since: string): Promise<RosterChanges | undefined> {
    for (let look = 1; look <= LOOKS; look++) {
      const news = await this.#newsSince(connection, owner, since)
      if (news === undefined) return undefined
      const rows = await connection.rows<PartRow>(this.#parts([owner], [...news.touched]))
      const roster = rostersIn(rows).get(owner)
      if (roster?.revision === news.revision) return changesOf(news.touched, roster)
    }
    return undefined
  }

  async lastId(connection: Connection): Promise<string | undefined> {
    const sql = `SELECT CAST(MAX(id) AS CHAR) AS id FROM ${this.#tables.owners}`
    const [row] = await connection.rows<{ id: string | null }>({ sql, parameters: [] })
    return row?.id ?? undefined
  }

  page(connection: Connection, { after, last, domain, having, limit }: Page): Promise<readonly PageRow[]> {
    const { owners, owed, items } = this.#tables
    const key = having === undefined ? 'o.id' : 'w.owner_id'
    const wanted = {
      owed: `FROM ${owed} w JOIN ${owners} o ON o.id = w.owner_id WHERE`,
      request: `FROM ${items} w JOIN ${owners} o ON o.id = w.owner_id WHERE w.requests = 1 AND`,
    }
    const from = having === undefined ? `FROM ${owners} o WHERE` : wanted[having]
    const parameters = domain === undefined ? [after, last] : [after, last, domain]
    // A number that comes as text is no number to the index.
    const range = `${key} > CAST(? AS UNSIGNED) AND ${key} <= CAST(? AS UNSIGNED)`
    const sql = `SELECT DISTINCT CAST(o.id AS CHAR) AS id, ${text('o.owner')} AS owner, o.id AS n ${from} ${range}
      ${domain === undefined ? '' : 'AND o.domain = ?'} ORDER BY n LIMIT ${limit}`
    return connection.rows<PageRow>({ sql, parameters })
  }

  async objection(connection: Connection): Promise<string | undefined> {
    const sql = 'SELECT @@character_set_client AS sent, @@character_set_results AS received, @@sql_mode AS mode'
    type Row = { readonly sent: string; readonly received: string; readonly mode: string }
    const [row] = await connection.rows<Row>({ sql, parameters: [] })
    const { sent = '', received = '', mode = '' } = row ?? {}
    if (sent !== 'utf8mb4' || received !== 'utf8mb4')
      return `the connections should speak utf8mb4, but speak ${sent} and ${received}`
    // Drivers write values into the statement with backslashes, which would then be text.
    if (mode.includes('NO_BACKSLASH_ESCAPES')) return 'sql_mode should not say NO_BACKSLASH_ESCAPES, but does'
    return undefined
  }

  async version(connection: Connection): Promise<number> {
    const sql = `SELECT MAX(version) AS version FROM ${this.#tables.schema}`
    const [row] = await connection.rows<{ version: unknown }>({ sql, parameters: [] })
    return Number(row?.version ?? 0)
  }

  /** The lock goes with the connection, so that it is also gone when the process dies. */
  migrating(connection: Connection, run: (locked: Connection) => Promise<void>): Promise<void> {
    const name = "CONCAT('xmpp-roster-', SHA1(CONCAT(DATABASE(), '.', ?)))"
    const parameters = [this.#tables.schema]
    return connection.onOne(async (locked) => {
      const sql = `SELECT GET_LOCK(${name}, ${LOCK_S}) AS held`
      const [row] = await locked.rows<{ held: unknown }>({ sql, parameters })
      if (Number(row?.held) !== 1) throw stillMigrating()
      try {
        const { schema } = this.#tables
        const table = `CREATE TABLE IF NOT EXISTS ${schema} (version INT NOT NULL) ENGINE=InnoDB`
        await locked.rows({ sql: table, parameters: [] })
        await run(locked)
      } finally {
        await locked.rows({ sql: `SELECT RELEASE_LOCK(${name}) AS released`, parameters })
      }
    })
  }

  async setVersion(connection: Connection, version: number): Promise<void> {
    const { schema } = this.#tables
    // First the new one, so that there is one at each moment; the greatest counts.
    await connection.affected({ sql: `INSERT INTO ${schema} (version) VALUES (${version})`, parameters: [] })
    await connection.affected({ sql: `DELETE FROM ${schema} WHERE version <> ${version}`, parameters: [] })
  }

  /** What the log knows of later commits; `undefined` when it does not reach back to `since`. */
  async #newsSince(connection: Connection, owner: string, since: string) {
    const { owners, log } = this.#tables
    const sql = `SELECT ${text('o.revision')} AS revision, l.contacts, l.number FROM ${owners} o
      JOIN ${log} s ON s.owner_id = o.id AND s.revision = ?
      LEFT JOIN ${log} l ON l.owner_id = o.id AND l.number > s.number WHERE o.owner = ?`
    type Row = { readonly revision: string; readonly contacts: unknown; readonly number: unknown }
    const rows = await connection.rows<Row>({ sql, parameters: [since, owner] })
    const [first] = rows
    const written = rows.filter(({ number }) => number !== null)
    if (first === undefined || written.some(({ contacts }) => contacts === null)) return undefined
    const touched = new Set(written.flatMap(({ contacts }) => fromJson(contacts) as readonly string[]))
    return touched.size > MOST_TOUCHED ? undefined : { revision: first.revision, touched }
  }

  /** The rosters of these owners; with `contacts`, only these of their items. */
  #parts(owners: readonly string[], contacts?: readonly string[]): Query {
    const { owners: ownersTable, items, owed } = this.#tables
    const where = `WHERE o.owner IN (${marks(owners.length)})`
    const only = contacts === undefined ? '' : ` AND ${contactsIn(contacts)}`
    const sql = `SELECT 0 AS kind, CAST(o.id AS CHAR) AS id, ${text('o.owner')} AS k, ${text('o.revision')} AS a,
        o.version AS b, NULL AS state, NULL AS approved, NULL AS unlisted, NULL AS request, NULL AS received,
        NULL AS deferred, NULL AS asked, NULL AS number, NULL AS place
      FROM ${ownersTable} o ${where}
      UNION ALL SELECT 1, CAST(o.id AS CHAR), ${text('i.contact')}, i.name, i.\`groups\`, i.state, i.approved, i.unlisted,
        i.request, i.received, i.deferred, i.asked, NULL, NULL
      FROM ${ownersTable} o JOIN ${items} i ON i.owner_id = o.id ${where}${only}
      UNION ALL SELECT 2, CAST(o.id AS CHAR), ${text('w.id')}, w.xml, NULL, NULL, NULL, NULL, NULL, w.at, NULL, NULL,
        w.number, w.place
      FROM ${ownersTable} o JOIN ${owed} w ON w.owner_id = o.id ${where}`
    return { sql, parameters: [...owners, ...owners, ...(contacts ?? []), ...owners] }
  }
}

const stillMigrating = (): RosterError =>
  new RosterError(
    'STORAGE_FAILED',
    `Another process should be done with migrating after ${LOCK_S} seconds, but it still goes on; nothing was changed.`,
  )

const contactsIn = (contacts: readonly string[]): string =>
  contacts.length === 0 ? '1 = 0' : `i.contact IN (${marks(contacts.length)})`

function rostersIn(rows: readonly PartRow[]): ReadonlyMap<string, StoredRoster> {
  const parts = new Map<string, Parts>()
  for (const { id } of rows) if (!parts.has(id)) parts.set(id, { items: [], owed: [] })
  for (const row of rows) {
    const kind = Number(row.kind)
    if (kind === 1) parts.get(row.id)?.items.push(itemRow(row))
    else if (kind === 2) parts.get(row.id)?.owed.push(row)
  }
  const rosters = new Map<string, StoredRoster>()
  for (const { kind, id, k, a, b } of rows) {
    const { items = [], owed = [] } = parts.get(id) ?? {}
    if (Number(kind) === 0) rosters.set(k, rosterOf(items, inOrder(owed), b, a ?? ''))
  }
  return rosters
}

const itemRow = (row: PartRow): ItemRow => [
  ...([row.k, row.a, fromJson(row.b), row.state, row.approved, row.unlisted] as const),
  ...([row.request, row.received, row.deferred, row.asked] as const),
]

const inOrder = (owed: readonly PartRow[]): readonly OwedRow[] =>
  [...owed]
    .sort((one, two) => Number(one.number) - Number(two.number) || Number(one.place) - Number(two.place))
    .map(({ k, a, received }) => [k, received, a])
