import type { Tables } from './tables.js'

/**
 * Keys are compared byte by byte (`COLLATE "C"`). A key has at most 2,047 bytes, an entry of an index 2,704: one key fits, two
 * do not, which is why rows name their owner by number.
 */
export const postgresMigrations = (tables: Tables): readonly (readonly string[])[] => [
  [...rosters(tables), ...commits(tables)],
]

/** Version 1: who there is, and whom they know. */
const rosters = (tables: Tables): readonly string[] => [
  `CREATE TABLE ${tables.owners} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner text COLLATE "C" NOT NULL UNIQUE,
    domain text COLLATE "C" NOT NULL,
    revision text COLLATE "C" NOT NULL,
    version text,
    commits bigint NOT NULL
  ) WITH (fillfactor = 80)`,
  `CREATE INDEX ${tables.index('owners_domain')} ON ${tables.owners} (domain, id)`,
  `CREATE TABLE ${tables.items} (
    owner_id bigint NOT NULL,
    contact text COLLATE "C" NOT NULL,
    name text,
    groups text[],
    state text NOT NULL,
    approved boolean NOT NULL,
    unlisted boolean NOT NULL,
    request text,
    received double precision,
    deferred boolean,
    asked double precision,
    PRIMARY KEY (owner_id, contact)
  )`,
  `CREATE INDEX ${tables.index('items_request')} ON ${tables.items} (owner_id) WHERE request IS NOT NULL`,
]

/** Version 1: what commits owe, and what they did. */
const commits = (tables: Tables): readonly string[] => [
  `CREATE TABLE ${tables.owed} (
    owner_id bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    place integer NOT NULL,
    at double precision NOT NULL,
    xml text NOT NULL,
    PRIMARY KEY (owner_id, id)
  )`,
  `CREATE TABLE ${tables.log} (
    owner_id bigint NOT NULL,
    number bigint NOT NULL,
    revision text COLLATE "C" NOT NULL,
    contacts text[],
    PRIMARY KEY (owner_id, number)
  )`,
]
