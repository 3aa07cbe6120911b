import { RosterError } from '../../core/errors.js'
import type { Connection } from './connection.js'
import { damaged } from './failure.js'
import type { Tables } from './tables.js'

/** The statements that lead from one version of the schema to the next one. A released one never changes. */
export type Migration = (tables: Tables) => string

/**
 * Keys are text in SQLite's binary collation: compared byte by byte. Items and owed stanzas name their owner by a number, so
 * that a JID of 2,047 bytes stands in the database once, and those of one owner lie side by side.
 *
 * `owes` and `asks` say what a partial index is made of; they are worked out in the commit that changes it. Owed stanzas come
 * back by `place`, which only grows.
 */
const first: Migration = ({ prefix, schema, owners, items, owed }) => `
  CREATE TABLE ${schema} (version INTEGER NOT NULL);
  INSERT INTO ${schema} VALUES (0);
  CREATE TABLE ${owners} (
    id INTEGER PRIMARY KEY,
    jid TEXT NOT NULL UNIQUE,
    domain TEXT NOT NULL,
    revision TEXT NOT NULL,
    version TEXT,
    owes INTEGER NOT NULL,
    asks INTEGER NOT NULL
  );
  CREATE INDEX "${prefix}owners_of_domain" ON ${owners} (domain, jid);
  CREATE INDEX "${prefix}owners_that_owe" ON ${owners} (domain, jid) WHERE owes = 1;
  CREATE INDEX "${prefix}owners_with_request" ON ${owners} (domain, jid) WHERE asks = 1;
  CREATE TABLE ${items} (
    owner INTEGER NOT NULL,
    jid TEXT NOT NULL,
    name TEXT,
    "groups" TEXT NOT NULL,
    state TEXT NOT NULL,
    approved INTEGER NOT NULL,
    unlisted INTEGER NOT NULL,
    request TEXT,
    received_at INTEGER,
    deferred INTEGER,
    asked_at INTEGER,
    PRIMARY KEY (owner, jid)
  ) WITHOUT ROWID;
  CREATE INDEX "${prefix}items_with_request" ON ${items} (owner) WHERE request IS NOT NULL;
  CREATE TABLE ${owed} (
    place INTEGER PRIMARY KEY,
    owner INTEGER NOT NULL,
    id TEXT NOT NULL,
    at INTEGER NOT NULL,
    xml TEXT NOT NULL,
    UNIQUE (owner, id)
  );
`

/** The first leads from nothing to version 1, the second from there to version 2, and so on. */
export const MIGRATIONS: readonly Migration[] = [first]

/** The version of the schema that this library reads and writes. */
export const LATEST = MIGRATIONS.length

/**
 * The version of the schema that is there; 0 = none.
 *
 * @throws {RosterError} `UNSUPPORTED` when it is newer than `latest`, `STORAGE_CORRUPT` when it is no version
 */
export function versionOf(connection: Connection, tables: Tables, latest = LATEST): number {
  // SQLite takes names that differ in case for the same.
  const there = `SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE`
  if (connection.get(there, `${tables.prefix}schema`) === undefined) return 0
  return checkVersion(connection.get(`SELECT version FROM ${tables.schema}`)?.['version'], tables, latest)
}

/** The version that a row shows. An older process may go on for a while after a newer one has changed the tables. */
export function checkVersion(value: unknown, { schema }: Tables, latest = LATEST): number {
  const version = Number(value)
  if (!Number.isInteger(version) || version < 1)
    throw damaged(`${schema} should hold the version of the schema, but it holds ${String(value)}`)
  if (version <= latest) return version
  throw new RosterError(
    'UNSUPPORTED',
    `The tables of ${schema} should have at most version ${latest} of the schema, but they have ${version}: a newer ` +
      'xmpp-roster has made them. Nothing was changed; run that version.',
  )
}

/** Brings the tables to the newest schema, all in one transaction. Several processes may do so at once. */
export function migrate(connection: Connection, tables: Tables, migrations = MIGRATIONS): void {
  const latest = migrations.length
  if (connection.read(() => versionOf(connection, tables, latest)) === latest) return
  connection.write(() => {
    // Another process may have been faster.
    const version = versionOf(connection, tables, latest)
    for (const migration of migrations.slice(version)) connection.exec(migration(tables))
    if (version < latest) connection.run(`UPDATE ${tables.schema} SET version = ?`, latest)
  })
}
