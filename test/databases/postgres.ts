import { join } from 'node:path'
import pg from 'pg'
import { programNamed, requiredProgram, runBy, toItsEnd } from './programs.js'
import { type DatabaseKind, type DatabaseServer, startDatabase } from './server.js'

/**
 * What is acknowledged was given to the operating system (`synchronous_commit`), so it outlives the server being killed;
 * it need not outlive a power cut, which no test causes: `fsync` is off.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'on',
  max_connections: '100',
  shared_buffers: '32MB',
  autovacuum: 'off',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
}

const INITDB = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync', '--no-instructions']

const KIND: DatabaseKind = {
  name: 'postgres',
  account: 'postgres',
  create: (folder, account) =>
    toItsEnd(
      runBy(account, { file: requiredProgram('initdb'), args: ['-D', join(folder, 'data'), ...INITDB] }),
      folder,
    ),
  command(folder, port, account) {
    const settings = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ])
    return runBy(account, { file: requiredProgram('postgres'), args: ['-D', join(folder, 'data'), ...settings] })
  },
  url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
  async ping(url) {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => undefined)
    await client.connect()
    await client.end()
  },
  // "Fast" disconnects the clients; "immediate" takes all processes down as they are, and the next start recovers.
  signals: { shutDown: 'SIGINT', kill: 'SIGQUIT' },
}

export const hasPostgres = (): boolean => programNamed('initdb') !== undefined && programNamed('postgres') !== undefined

/** A PostgreSQL of its own. Resolves once it answers. */
export const startPostgres = (): Promise<DatabaseServer> => startDatabase(KIND)
