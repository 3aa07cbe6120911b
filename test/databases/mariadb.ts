import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { programNamed, requiredProgram, runBy, toItsEnd } from './programs.js'
import { type DatabaseKind, type DatabaseServer, startDatabase } from './server.js'

/** What is acknowledged was given to the operating system (`…trx_commit=2`): it outlives the server, not a power cut. */
const SETTINGS = [
  '--bind-address=127.0.0.1',
  '--innodb-flush-log-at-trx-commit=2',
  '--innodb-doublewrite=0',
  '--innodb-buffer-pool-size=32M',
  '--innodb-log-file-size=16M',
  '--innodb-fast-shutdown=1',
  '--max-connections=100',
  '--skip-log-bin',
  '--skip-name-resolve',
]

const KIND: DatabaseKind = {
  name: 'mariadb',
  account: 'mysql',
  create: (folder, account) =>
    toItsEnd(
      runBy(account, {
        file: requiredProgram('mariadb-install-db'),
        args: [
          '--no-defaults',
          `--datadir=${join(folder, 'data')}`,
          '--auth-root-authentication-method=normal',
          '--innodb-log-file-size=16M',
        ],
      }),
      folder,
    ),
  command: (folder, port, account) =>
    runBy(account, {
      file: requiredProgram('mariadbd'),
      args: [
        '--no-defaults',
        `--datadir=${join(folder, 'data')}`,
        `--socket=${join(folder, 'socket')}`,
        `--pid-file=${join(folder, 'pid')}`,
        `--port=${port}`,
        ...SETTINGS,
      ],
    }),
  url: (port) => `mysql://root@127.0.0.1:${port}/test`,
  async ping(url) {
    const connection = await createConnection(url)
    await connection.end()
  },
  signals: { shutDown: 'SIGTERM', kill: 'SIGKILL' },
}

export const hasMariaDb = (): boolean =>
  programNamed('mariadbd') !== undefined && programNamed('mariadb-install-db') !== undefined

/** A MariaDB of its own, with an empty database called `test`. Resolves once it answers. */
export const startMariaDb = (): Promise<DatabaseServer> => startDatabase(KIND)
