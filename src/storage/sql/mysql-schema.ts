import type { Tables } from './tables.js'

const TEXT = 'LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'
const TABLE = 'ENGINE=InnoDB ROW_FORMAT=DYNAMIC'

/**
 * Keys are bytes: every collation would take some two of them for one (`andre`, `andré`), or not see a space at the end. A
 * key has at most 2,047 bytes and an entry of an index 3,072, so rows name their owner by number. Here is no transaction
 * around these statements: each may find that it was carried out already.
 */
export const mysqlMigrations = (tables: Tables): readonly (readonly string[])[] => [
  [...rosters(tables), ...commits(tables)],
]

/** Version 1: who there is, and whom they know. */
const rosters = (tables: Tables): readonly string[] => [
  `CREATE TABLE IF NOT EXISTS ${tables.owners} (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    owner VARBINARY(2047) NOT NULL,
    domain VARBINARY(1023) NOT NULL,
    revision VARBINARY(255) NOT NULL,
    version ${TEXT},
    commits BIGINT UNSIGNED NOT NULL,
    UNIQUE KEY ${tables.index('owners_owner')} (owner),
    KEY ${tables.index('owners_domain')} (domain, id)
  ) ${TABLE}`,
  `CREATE TABLE IF NOT EXISTS ${tables.items} (
    owner_id BIGINT UNSIGNED NOT NULL,
    contact VARBINARY(2047) NOT NULL,
    name ${TEXT},
    \`groups\` ${TEXT},
    state VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    approved TINYINT NOT NULL,
    unlisted TINYINT NOT NULL,
    requests TINYINT NOT NULL,
    request ${TEXT},
    received DOUBLE,
    deferred TINYINT,
    asked DOUBLE,
    PRIMARY KEY (owner_id, contact),
    KEY ${tables.index('items_requests')} (requests, owner_id)
  ) ${TABLE}`,
]

/** Version 1: what commits owe, and what they did. */
const commits = (tables: Tables): readonly string[] => [
  `CREATE TABLE IF NOT EXISTS ${tables.owed} (
    owner_id BIGINT UNSIGNED NOT NULL,
    id VARBINARY(255) NOT NULL,
    number BIGINT UNSIGNED NOT NULL,
    place INT UNSIGNED NOT NULL,
    at DOUBLE NOT NULL,
    xml ${TEXT} NOT NULL,
    PRIMARY KEY (owner_id, id)
  ) ${TABLE}`,
  `CREATE TABLE IF NOT EXISTS ${tables.log} (
    owner_id BIGINT UNSIGNED NOT NULL,
    number BIGINT UNSIGNED NOT NULL,
    revision VARBINARY(255) NOT NULL,
    contacts ${TEXT},
    PRIMARY KEY (owner_id, number)
  ) ${TABLE}`,
]
