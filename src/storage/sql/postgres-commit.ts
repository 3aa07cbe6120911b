import { domainOf } from '../../core/jid.js'
import type { Owed, StoredItem } from '../port.js'
import type { Query } from './connection.js'
import { KEPT_COMMITS, SPARE_COMMITS } from './dialect.js'
import type { Tables } from './tables.js'
import type { Write } from './write.js'

/** Whom a commit tells, in the transaction that it is: `NOTIFY`. */
export interface Notice {
  readonly channel: string
  readonly text: string
}

/** Values go as text, which every driver writes alike. */
export class Values {
  readonly all: string[] = []

  text(value: string): string {
    return `$${this.all.push(value)}::text`
  }

  id(value: string): string {
    return `${this.text(value)}::bigint`
  }

  json(value: unknown): string {
    return `${this.text(JSON.stringify(value))}::json`
  }

  /** An array. As text because drivers differ in how they write arrays, and an index can be asked for each of its texts. */
  list(texts: readonly string[]): string {
    const quoted = texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`)
    return `${this.text(`{${quoted.join(',')}}`)}::text[]`
  }
}

/**
 * A whole commit is one statement: one round trip, and all or nothing by itself. It begins with the owner's row, which is
 * written only if it is at `base`, and all the rest is joined to that; a second commit from the same revision waits for
 * the row and then finds another revision. It gives a row if it was written.
 */
export function commitQuery(tables: Tables, owner: string, write: Write, notice: Notice | undefined): Query {
  const values = new Values()
  const parts = [`own AS (${ownerPart(tables, owner, write, values)})`]
  if (write.erase) parts.push(...erasures(tables))
  else parts.push(...deletions(tables, write, values), ...insertions(tables, write, values))
  const told = notice && `, pg_notify(${values.text(notice.channel)}, ${values.text(notice.text)})::text AS told`
  return { sql: `WITH ${parts.join(',\n')}\nSELECT id::text AS id${told ?? ''} FROM own`, parameters: values.all }
}

function ownerPart(tables: Tables, owner: string, write: Write, values: Values): string {
  const { base, revision, version } = write
  const key = values.text(owner)
  if (base === undefined) {
    const row = [key, values.text(domainOf(owner)), values.text(revision)]
    row.push(version === undefined ? 'NULL' : values.text(version), '1')
    return `INSERT INTO ${tables.owners} (owner, domain, revision, version, commits) VALUES (${row.join(', ')})
      ON CONFLICT (owner) DO NOTHING RETURNING id, commits`
  }
  const found = `owner = ${key} AND revision = ${values.text(base)}`
  if (write.erase) return `DELETE FROM ${tables.owners} WHERE ${found} RETURNING id, commits`
  const changes = [`revision = ${values.text(revision)}`, 'commits = commits + 1']
  if (version !== undefined) changes.push(`version = ${values.text(version)}`)
  return `UPDATE ${tables.owners} SET ${changes.join(', ')} WHERE ${found} RETURNING id, commits`
}

const erasures = (tables: Tables): readonly string[] =>
  [tables.items, tables.owed, tables.log].map(
    (table, index) => `erased${index} AS (DELETE FROM ${table} t USING own WHERE t.owner_id = own.id)`,
  )

function deletions(tables: Tables, { base, remove, settle }: Write, values: Values): readonly string[] {
  const parts: string[] = []
  // A part of its own for each table: nothing may be written twice in one statement, so no key stands in two of them.
  // Each row is looked up by its whole key (OFFSET 0 keeps it so). Left to itself, PostgreSQL reads all rows of the owner
  // and looks through the list for each. Rows stay in place meanwhile: who writes them holds the owner's row.
  const deletion = (name: string, table: string, column: string, keys: readonly string[]): void => {
    if (keys.length === 0) return
    const row = `SELECT r.ctid FROM ${table} r WHERE r.owner_id = own.id AND r.${column} = k.key COLLATE "C" OFFSET 0`
    const rows = `SELECT f.ctid AS place FROM own, unnest(${values.list(keys)}) k(key), LATERAL (${row}) f`
    parts.push(`${name} AS (DELETE FROM ${table} t USING (${rows}) found WHERE t.ctid = found.place)`)
  }
  if (base === undefined) return parts
  deletion('removed', tables.items, 'contact', remove)
  deletion('settled', tables.owed, 'id', settle)
  parts.push(`pruned AS (DELETE FROM ${tables.log} t USING own
    WHERE own.commits % ${SPARE_COMMITS} = 0 AND t.owner_id = own.id AND t.number <= own.commits - ${KEPT_COMMITS})`)
  return parts
}

function insertions(tables: Tables, write: Write, values: Values): readonly string[] {
  const parts: string[] = []
  if (write.put.length > 0) parts.push(`put AS (${putPart(tables, write.put, values)})`)
  if (write.owe.length > 0) parts.push(`owe AS (${owePart(tables, write, values)})`)
  const touched = write.touched === null ? 'NULL' : values.list(write.touched)
  parts.push(`logged AS (INSERT INTO ${tables.log} (owner_id, number, revision, contacts)
    SELECT id, commits, ${values.text(write.revision)}, ${touched} FROM own)`)
  return parts
}

const ITEM =
  'contact text, name text, groups text[], state text, approved boolean, unlisted boolean, ' +
  'request text, received double precision, deferred boolean, asked double precision'
const ITEM_COLUMNS = ['name', 'groups', 'state', 'approved', 'unlisted', 'request', 'received', 'deferred', 'asked']

function putPart(tables: Tables, put: readonly StoredItem[], values: Values): string {
  const columns = ITEM_COLUMNS.join(', ')
  const replaced = ITEM_COLUMNS.map((name) => `${name} = excluded.${name}`).join(', ')
  const chosen = ITEM_COLUMNS.map((name) => `p.${name}`).join(', ')
  return `INSERT INTO ${tables.items} (owner_id, contact, ${columns})
    SELECT own.id, p.contact, ${chosen} FROM own, json_to_recordset(${values.json(put.map(recordOf))}) AS p(${ITEM})
    ON CONFLICT (owner_id, contact) DO UPDATE SET ${replaced}`
}

function recordOf({ jid, name, groups, state, approved, unlisted, request, askedAt }: StoredItem): object {
  return {
    contact: jid,
    name,
    groups: groups.length === 0 ? undefined : groups,
    state,
    approved: approved ?? false,
    unlisted: unlisted ?? false,
    request: request?.xml,
    received: request?.receivedAt,
    deferred: request?.deferred,
    asked: askedAt,
  }
}

/** A stanza that is owed again takes the place of the former, unless that was settled in the same change. */
function owePart(tables: Tables, { owe, again }: Write, values: Values): string {
  const rows = owe.map(({ id, at, xml }: Owed, place) => ({ id, place, at, xml }))
  // As a query, which is hashed once: a list would be searched from its beginning for each row.
  const moves = again.length === 0 ? '' : ordering(`SELECT unnest(${values.list(again)})`)
  return `INSERT INTO ${tables.owed} AS w (owner_id, id, number, place, at, xml)
    SELECT own.id, p.id, own.commits, p.place, p.at, p.xml
    FROM own, json_to_recordset(${values.json(rows)}) AS p(id text, place integer, at double precision, xml text)
    ON CONFLICT (owner_id, id) DO UPDATE SET at = excluded.at, xml = excluded.xml${moves}`
}

const ordering = (again: string): string =>
  ['number', 'place']
    .map((name) => `, ${name} = CASE WHEN w.id IN (${again}) THEN excluded.${name} ELSE w.${name} END`)
    .join('')
