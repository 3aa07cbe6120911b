import { RosterError } from '../../core/errors.js'
import { domainOf } from '../../core/jid.js'
import { shorten } from '../../core/text.js'
import type { OwnersFilter, RosterChange, StoredRoster } from '../port.js'
import type { Connection } from './connection.js'
import type { SqliteRow, SqliteValue } from './database.js'
import { itemOf, itemValues, owedOf } from './rows.js'
import { checkVersion } from './schema.js'
import { pageOf, type Statements, statementsOf } from './statements.js'
import type { Tables } from './tables.js'

/** Where a walk over the owners stands: they come by domain and JID. */
export interface Place {
  readonly domain: string
  readonly jid: string
}

/** The rosters in the tables of one prefix. Each method is one transaction or one statement. */
export class Rosters {
  readonly #connection: Connection
  readonly #tables: Tables
  readonly #sql: Statements

  constructor(connection: Connection, tables: Tables) {
    this.#connection = connection
    this.#tables = tables
    this.#sql = statementsOf(tables)
  }

  /** Those of the owners that have a roster, all of one moment. */
  load(owners: readonly string[]): Map<string, StoredRoster> {
    return this.#connection.read(() => {
      const rosters = new Map<string, StoredRoster>()
      for (const owner of owners) {
        const roster = this.#read(owner)
        if (roster !== undefined) rosters.set(owner, roster)
      }
      return rosters
    })
  }

  commit(owner: string, change: RosterChange): void {
    const put = change.put?.map(itemValues) ?? []
    this.#connection.write(() => {
      const { id, revision } = this.#find(owner)
      if ((revision ?? undefined) !== change.base) throw conflict(owner)
      if (change.erase) this.#erase(id)
      else this.#write(id ?? this.#create(owner, change.revision), change, put)
    })
  }

  page(filter: OwnersFilter, after: Place, size: number): readonly Place[] {
    return this.#connection.read(() => {
      checkVersion(this.#connection.get(this.#sql.schema)?.['schema'], this.#tables)
      const rows = this.#connection.all(pageOf(this.#tables, filter, size), after.domain, after.jid)
      return rows.map(({ domain, jid }) => ({ domain: String(domain), jid: String(jid) }))
    })
  }

  #read(owner: string): StoredRoster | undefined {
    const { id, revision, version } = this.#find(owner)
    if (id === null) return undefined
    const items = this.#connection.all(this.#sql.items, id).map(itemOf)
    const owed = this.#connection.all(this.#sql.owed, id).map(owedOf)
    const roster = { items, owed, revision: String(revision) }
    return version === null ? roster : { ...roster, version: String(version) }
  }

  /** The owner's row; its columns are `null` when there is none. */
  #find(owner: string): { readonly id: SqliteValue; readonly revision: unknown; readonly version: unknown } {
    const row: SqliteRow = this.#connection.get(this.#sql.find, owner) ?? {}
    checkVersion(row['schema'], this.#tables)
    const { id, revision, version } = row
    return { id: idOf(id), revision, version }
  }

  #create(owner: string, revision: string): SqliteValue {
    return idOf(this.#connection.get(this.#sql.create, owner, domainOf(owner), revision)?.['id'])
  }

  #write(id: SqliteValue, change: RosterChange, put: readonly (readonly SqliteValue[])[]): void {
    const { remove = [], settle = [], owe = [], revision, version = null } = change
    for (const jid of remove) this.#connection.run(this.#sql.remove, id, jid)
    for (const values of put) this.#connection.run(this.#sql.put, id, ...values)
    for (const one of settle) this.#connection.run(this.#sql.settle, id, one)
    for (const { id: name, at, xml } of owe) this.#connection.run(this.#sql.owe, id, name, at, xml)
    this.#connection.run(this.#sql.finish, revision, version, id)
  }

  #erase(id: SqliteValue): void {
    for (const sql of this.#sql.erase) this.#connection.run(sql, id)
  }
}

/** A connection may be set to give integers as `bigint`. */
const idOf = (value: unknown): SqliteValue => (value === null || value === undefined ? null : Number(value))

function conflict(owner: string): RosterError {
  const message = `The roster of ${shorten(owner)} is not at the revision that this change was made from; nothing was written.`
  return new RosterError('STORAGE_CONFLICT', message, { owner })
}
