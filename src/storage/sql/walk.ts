import type { OwnersFilter } from '../port.js'
import type { Connection } from './connection.js'
import type { Dialect } from './dialect.js'

/** Owners that are read at a time. */
const PAGE = 500

/** Reads something of the database, with its errors in order. */
type Read = <T>(run: () => Promise<T>) => Promise<T>

/**
 * The owners, page after page by their ids. An owner that comes during the walk has a greater id than there was at its
 * beginning: however fast owners go and come, it ends.
 */
export async function* walk(
  connection: Connection,
  dialect: Dialect,
  { domain, with: having, signal }: OwnersFilter,
  read: Read,
): AsyncGenerator<string, void, undefined> {
  signal?.throwIfAborted()
  const last = await read(() => dialect.lastId(connection))
  let after = '0'
  for (let isMore = last !== undefined; isMore; ) {
    signal?.throwIfAborted()
    const page = await read(() => dialect.page(connection, { after, last: last ?? after, domain, having, limit: PAGE }))
    for (const { id, owner } of page) {
      signal?.throwIfAborted()
      yield owner
      after = id
    }
    isMore = page.length === PAGE
  }
  signal?.throwIfAborted()
}
