import type { OwnersFilter } from '../port.js'
import { ITEM_COLUMNS } from './rows.js'
import type { Tables } from './tables.js'

/** The SQL of one prefix. */
export type Statements = ReturnType<typeof statementsOf>

export function statementsOf({ prefix, schema, owners, items, owed }: Tables) {
  const columns = ITEM_COLUMNS.join(', ')
  const holes = ITEM_COLUMNS.map(() => '?').join(', ')
  return {
    /** Always one row: with the version of the schema comes the owner, if there is one. */
    find: `SELECT s.version AS schema, o.id, o.revision, o.version FROM ${schema} s LEFT JOIN ${owners} o ON o.jid = ?`,
    schema: `SELECT version AS schema FROM ${schema}`,
    items: `SELECT ${columns} FROM ${items} WHERE owner = ?`,
    owed: `SELECT id, at, xml FROM ${owed} WHERE owner = ? ORDER BY place`,
    create: `INSERT INTO ${owners} (jid, domain, revision, owes, asks) VALUES (?, ?, ?, 0, 0) RETURNING id`,
    remove: `DELETE FROM ${items} WHERE owner = ? AND jid = ?`,
    put: `INSERT OR REPLACE INTO ${items} (owner, ${columns}) VALUES (?, ${holes})`,
    settle: `DELETE FROM ${owed} WHERE owner = ? AND id = ?`,
    /** What is owed again under its id keeps its place. */
    owe: `INSERT INTO ${owed} (owner, id, at, xml) VALUES (?, ?, ?, ?)
      ON CONFLICT (owner, id) DO UPDATE SET at = excluded.at, xml = excluded.xml`,
    /** SQLite would rather look through all the items of the owner than into the index, which holds next to nothing. */
    finish: `UPDATE ${owners} SET revision = ?, version = coalesce(?, version),
      owes = EXISTS (SELECT 1 FROM ${owed} WHERE owner = ${owners}.id),
      asks = EXISTS (SELECT 1 FROM ${items} INDEXED BY "${prefix}items_with_request" WHERE owner = ${owners}.id AND request IS NOT NULL)
      WHERE id = ?`,
    erase: [
      `DELETE FROM ${items} WHERE owner = ?`,
      `DELETE FROM ${owed} WHERE owner = ?`,
      `DELETE FROM ${owners} WHERE id = ?`,
    ],
  } as const
}

/** The next owners after a domain and a JID, in the order of an index. */
export function pageOf({ owners }: Tables, filter: OwnersFilter, size: number): string {
  const having = { owed: ' AND owes = 1', request: ' AND asks = 1' }
  const after = filter.domain === undefined ? '(domain, jid) > (?, ?)' : 'domain = ? AND jid > ?'
  const marked = filter.with === undefined ? '' : having[filter.with]
  return `SELECT domain, jid FROM ${owners} WHERE ${after}${marked} ORDER BY domain, jid LIMIT ${size}`
}
