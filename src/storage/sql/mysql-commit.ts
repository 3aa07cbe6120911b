import { domainOf } from '../../core/jid.js'
import type { StoredItem } from '../port.js'
import { batchesOf, marks } from './batches.js'
import type { Connection, Parameter } from './connection.js'
import { KEPT_COMMITS, SPARE_COMMITS } from './dialect.js'
import type { Tables } from './tables.js'
import type { Write } from './write.js'

const ITEM_COLUMNS = [
  'name',
  '`groups`',
  'state',
  'approved',
  'unlisted',
  'requests',
  'request',
  'received',
  'deferred',
  'asked',
]

/**
 * One commit of one owner, in a transaction that the caller began and ends. Where it says `false` there is nothing to
 * undo: only the owner's row was looked for.
 */
export class MysqlCommit {
  readonly #connection: Connection
  readonly #tables: Tables
  readonly #write: Write

  constructor(connection: Connection, tables: Tables, write: Write) {
    this.#connection = connection
    this.#tables = tables
    this.#write = write
  }

  async run(owner: string): Promise<boolean> {
    const own = await this.#claim(owner)
    if (own === undefined) return false
    if (this.#write.erase) await this.#erase(own.id)
    else await this.#change(own.id, own.number)
    return true
  }

  /** The row of the owner is the lock of all that belongs to it. The number is that of this commit. */
  async #claim(owner: string): Promise<{ readonly id: number; readonly number: number } | undefined> {
    const { base, revision, version = null } = this.#write
    const { owners } = this.#tables
    if (base === undefined) {
      const columns = '(owner, domain, revision, version, commits)'
      await this.#do(`INSERT INTO ${owners} ${columns} VALUES (?, ?, ?, ?, 0)`, [
        ...[owner, domainOf(owner), revision],
        version,
      ])
    }
    const [row] = await this.#connection.rows<{ id: unknown; commits: unknown }>({
      sql: `SELECT id, commits FROM ${owners} WHERE owner = ? AND revision = ? FOR UPDATE`,
      parameters: [owner, base ?? revision],
    })
    return row && { id: Number(row.id), number: Number(row.commits) + 1 }
  }

  async #erase(id: number): Promise<void> {
    const { owners, items, owed, log } = this.#tables
    for (const table of [items, owed, log]) await this.#do(`DELETE FROM ${table} WHERE owner_id = ?`, [id])
    await this.#do(`DELETE FROM ${owners} WHERE id = ?`, [id])
  }

  async #change(id: number, number: number): Promise<void> {
    const { items, owed, log, owners } = this.#tables
    const { revision, version, remove, settle, again, touched } = this.#write
    await this.#delete(items, 'contact', id, remove)
    await this.#delete(owed, 'id', id, [...settle, ...again])
    await this.#put(id)
    await this.#owe(id, number)
    const named = touched === null ? null : JSON.stringify(touched)
    await this.#do(`INSERT INTO ${log} (owner_id, number, revision, contacts) VALUES (?, ?, ?, ?)`, [
      ...[id, number, revision],
      named,
    ])
    if (number % SPARE_COMMITS === 0)
      await this.#do(`DELETE FROM ${log} WHERE owner_id = ? AND number <= ?`, [id, number - KEPT_COMMITS])
    const kept = version === undefined ? '' : ', version = ?'
    const values = version === undefined ? [revision, number] : [revision, number, version]
    await this.#do(`UPDATE ${owners} SET revision = ?, commits = ?${kept} WHERE id = ?`, [...values, id])
  }

  async #delete(table: string, column: string, id: number, keys: readonly string[]): Promise<void> {
    for (const batch of batchesOf(keys.map((key) => [key] as const))) {
      const found = `owner_id = ? AND ${column} IN (${marks(batch.length)})`
      await this.#do(`DELETE FROM ${table} WHERE ${found}`, [id, ...batch.flat()])
    }
  }

  #put(id: number): Promise<void> {
    const rows = this.#write.put.map((item) => [id, ...itemValues(item)])
    return this.#upsert(this.#tables.items, ['owner_id', 'contact'], ITEM_COLUMNS, rows)
  }

  /** A stanza that is owed again takes the place of the former: its number and place stay. */
  #owe(id: number, number: number): Promise<void> {
    const rows = this.#write.owe.map((entry, place) => [id, entry.id, number, place, entry.at, entry.xml])
    return this.#upsert(this.#tables.owed, ['owner_id', 'id', 'number', 'place'], ['at', 'xml'], rows)
  }

  async #upsert(
    table: string,
    kept: readonly string[],
    replaced: readonly string[],
    rows: readonly (readonly Parameter[])[],
  ): Promise<void> {
    const columns = [...kept, ...replaced]
    const row = `(${marks(columns.length)})`
    // MariaDB has no row alias, and MySQL still takes VALUES().
    const update = replaced.map((name) => `${name} = VALUES(${name})`).join(', ')
    for (const batch of batchesOf(rows)) {
      const values = batch.map(() => row).join(', ')
      const sql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${values} ON DUPLICATE KEY UPDATE ${update}`
      await this.#do(sql, batch.flat())
    }
  }

  async #do(sql: string, parameters: readonly Parameter[]): Promise<void> {
    await this.#connection.affected({ sql, parameters })
  }
}

const number = (value: boolean | undefined): number => (value ? 1 : 0)

function itemValues({ jid, name, groups, state, approved, unlisted, request, askedAt }: StoredItem): Parameter[] {
  const folders = groups.length === 0 ? null : JSON.stringify(groups)
  const asked = request && [1, request.xml, request.receivedAt, number(request.deferred)]
  const pending = asked ?? [0, null, null, null]
  return [jid, name ?? null, folders, state, number(approved), number(unlisted), ...pending, askedAt ?? null]
}
