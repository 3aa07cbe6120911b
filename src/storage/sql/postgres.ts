import type { RosterChanges, StoredRoster } from '../port.js'
import type { Connection } from './connection.js'
import type { Dialect, Page, PageRow } from './dialect.js'
import { commitQuery, type Notice, Values } from './postgres-commit.js'
import { postgresMigrations } from './postgres-schema.js'
import { changesOf, fromJson, type ItemRow, type OwedRow, rosterOf } from './rows.js'
import type { Tables } from './tables.js'
import type { Write } from './write.js'

/** A roster as a statement gives it: lists as JSON, because that is one row, whatever the driver makes of numbers. */
interface RosterRow {
  readonly owner: string
  readonly revision: string
  readonly version: string | null
  readonly items: unknown
  readonly owed: unknown
}

/** Owners that one statement loads. */
const AT_ONCE = 1_000
/** So many are not worth further round trips. */
const FEW = 20

const ITEM_LIST =
  'json_agg(json_build_array(i.contact, i.name, i.groups, i.state, i.approved, i.unlisted, i.request, i.received, ' +
  'i.deferred, i.asked))::text'

/** PostgreSQL: one statement for each thing, which sees one moment. */
export class PostgresDialect implements Dialect {
  readonly migrations: Dialect['migrations']
  readonly #tables: Tables
  readonly #notice: ((owner: string, revision: string | undefined) => Notice) | undefined

  /** @param notice what a commit tells others; missing = nothing, for it costs throughput */
  constructor(tables: Tables, notice?: (owner: string, revision: string | undefined) => Notice) {
    this.#tables = tables
    this.#notice = notice
    this.migrations = postgresMigrations(tables)
  }

  async commit(connection: Connection, owner: string, write: Write): Promise<boolean> {
    const notice = this.#notice?.(owner, write.erase ? undefined : write.revision)
    return (await connection.rows(commitQuery(this.#tables, owner, write, notice))).length > 0
  }

  /** For many PostgreSQL expects so much work that it would first compile the statement: that takes longer than the work. */
  load(connection: Connection, owners: readonly string[]): Promise<ReadonlyMap<string, StoredRoster>> {
    if (owners.length <= FEW) return this.#load(connection, owners)
    return connection.transaction(async (transaction) => {
      await transaction.rows({ sql: 'SET LOCAL jit = off', parameters: [] })
      return this.#load(transaction, owners)
    })
  }

  async changes(connection: Connection, owner: string, since: string): Promise<RosterChanges | undefined> {
    const { items, log } = this.#tables
    const values = new Values()
    const news = `FROM ${log} l WHERE l.owner_id = o.id AND l.number > s.number`
    const touched = `SELECT DISTINCT unnest(l.contacts) COLLATE "C" ${news}`
    // OFFSET 0: by its whole key, whatever the statistics of other owners say of this one.
    const item = `SELECT * FROM ${items} r WHERE r.owner_id = o.id AND r.contact = k.key OFFSET 0`
    const lists = `SELECT ${ITEM_LIST} FROM (${touched}) k(key), LATERAL (${item}) i`
    const sql = `${this.#roster(
      lists,
      `(SELECT bool_or(l.contacts IS NULL) ${news})::text AS lost`,
      `(SELECT json_agg(t.contact) FROM (${touched}) t(contact))::text AS touched`,
    )} JOIN ${log} s ON s.owner_id = o.id AND s.revision = ${values.text(since)} WHERE o.owner = ${values.text(owner)}`
    type Row = RosterRow & { readonly lost: string | null; readonly touched: unknown }
    const [row] = await connection.rows<Row>({ sql, parameters: values.all })
    if (row === undefined || row.lost === 'true') return undefined
    return changesOf((fromJson(row.touched) ?? []) as readonly string[], rosterIn(row))
  }

  async lastId(connection: Connection): Promise<string | undefined> {
    const sql = `SELECT max(id)::text AS id FROM ${this.#tables.owners}`
    const [row] = await connection.rows<{ id: string | null }>({ sql, parameters: [] })
    return row?.id ?? undefined
  }

  page(connection: Connection, { after, last, domain, having, limit }: Page): Promise<readonly PageRow[]> {
    const { owners, owed, items } = this.#tables
    const values = new Values()
    const wanted = { owed: `JOIN ${owed} w ON w.owner_id = o.id`, request: `JOIN ${items} w ON w.owner_id = o.id` }
    const key = having === undefined ? 'o.id' : 'w.owner_id'
    const conditions = [`${key} > ${values.id(after)}`, `${key} <= ${values.id(last)}`]
    if (having === 'request') conditions.push('w.request IS NOT NULL')
    if (domain !== undefined) conditions.push(`o.domain = ${values.text(domain)}`)
    const sql = `SELECT o.id::text AS id, o.owner FROM ${owners} o ${having === undefined ? '' : wanted[having]}
      WHERE ${conditions.join(' AND ')} GROUP BY o.id ORDER BY o.id LIMIT ${limit}`
    return connection.rows<PageRow>({ sql, parameters: values.all })
  }

  async objection(connection: Connection): Promise<string | undefined> {
    const sql = `SELECT current_setting('server_encoding') AS encoding`
    const [row] = await connection.rows<{ encoding: string }>({ sql, parameters: [] })
    if (row?.encoding === 'UTF8') return undefined
    return `the encoding of the database should be UTF8, but is ${row?.encoding}`
  }

  async version(connection: Connection): Promise<number> {
    const sql = `SELECT max(version)::text AS version FROM ${this.#tables.schema}`
    const [row] = await connection.rows<{ version: string | null }>({ sql, parameters: [] })
    return Number(row?.version ?? 0)
  }

  /** The lock goes with the transaction, so that it is also gone when the process dies. */
  migrating(connection: Connection, run: (locked: Connection) => Promise<void>): Promise<void> {
    return connection.transaction(async (locked) => {
      const values = new Values()
      // Two numbers: the first stands for this library, the second for the tables.
      const lock = `SELECT pg_advisory_xact_lock(6121, hashtext(${values.text(this.#tables.schema)}))::text AS held`
      await locked.rows({ sql: lock, parameters: values.all })
      const table = `CREATE TABLE IF NOT EXISTS ${this.#tables.schema} (version integer NOT NULL)`
      await locked.rows({ sql: table, parameters: [] })
      await run(locked)
    })
  }

  async setVersion(connection: Connection, version: number): Promise<void> {
    const { schema } = this.#tables
    await connection.rows({ sql: `DELETE FROM ${schema}`, parameters: [] })
    await connection.rows({ sql: `INSERT INTO ${schema} (version) VALUES (${version})`, parameters: [] })
  }

  async #load(connection: Connection, owners: readonly string[]): Promise<ReadonlyMap<string, StoredRoster>> {
    const found = new Map<string, StoredRoster>()
    for (let from = 0; from < owners.length; from += AT_ONCE) {
      const values = new Values()
      const wanted = ownersIn(owners.slice(from, from + AT_ONCE), values)
      const items = `SELECT ${ITEM_LIST} FROM ${this.#tables.items} i WHERE i.owner_id = o.id`
      const sql = `${this.#roster(items)} ${wanted}`
      for (const row of await connection.rows<RosterRow>({ sql, parameters: values.all }))
        found.set(row.owner, rosterIn(row))
    }
    return found
  }

  #roster(items: string, ...more: readonly string[]): string {
    const owed = `SELECT json_agg(json_build_array(w.id, w.at, w.xml) ORDER BY w.number, w.place)::text
      FROM ${this.#tables.owed} w WHERE w.owner_id = o.id`
    const columns = ['o.owner', 'o.revision', 'o.version', `(${items}) AS items`, `(${owed}) AS owed`, ...more]
    return `SELECT ${columns.join(', ')} FROM ${this.#tables.owners} o`
  }
}

/** Several are joined: a list of so many would be searched from its beginning for each row. */
function ownersIn(owners: readonly string[], values: Values): string {
  const [only] = owners
  if (only !== undefined && owners.length === 1) return `WHERE o.owner = ${values.text(only)}`
  return `JOIN unnest(${values.list(owners)}) k(key) ON o.owner = k.key COLLATE "C"`
}

function rosterIn({ items, owed, version, revision }: RosterRow): StoredRoster {
  const itemRows = (fromJson(items) ?? []) as readonly ItemRow[]
  return rosterOf(itemRows, (fromJson(owed) ?? []) as readonly OwedRow[], version, revision)
}
