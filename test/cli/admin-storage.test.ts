import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { storageAdmin } from '../../src/admin.js'
import type { RosterStorage } from '../../src/index.js'
import { RedisStorage } from '../../src/redis.js'
import { SqlStorage } from '../../src/sql.js'
import { SqliteStorage } from '../../src/sqlite.js'
import { describeDatabase } from '../databases/describe.js'
import { freshHome, type RunOptions, run } from './support/command.js'

const A = 'a@bots.example.com'
const B = 'b@bots.example.com'
const NAME = '$(touch x) "q" 東京'

/** Two that see each other. */
const seed = async (storage: RosterStorage): Promise<void> => {
  const admin = storageAdmin(storage)
  await admin.put(A, B, { name: NAME, groups: ['G;1', 'X'], subscription: 'both' })
  await admin.put(B, A, { subscription: 'both' })
}

const seeded = async (): Promise<string> => {
  const path = join(freshHome(), 'rosters.sqlite')
  const storage = await SqliteStorage.open(path)
  await seed(storage)
  await storage.close()
  return path
}

const admin = (words: readonly string[], options: RunOptions = {}) => run(['admin', 'storage', ...words], options)

describe('admin storage over a SQLite file', () => {
  test('lists, writes, connects, disconnects, removes and clears', async () => {
    const path = await seeded()
    const at = ['--storage', `sqlite:${path}`]
    expect((await admin(['owners', ...at])).out).toBe(`${A}\n${B}\n`)
    expect((await admin(['list', A, ...at])).out.split('\n')[1]).toMatch(
      /^b@bots\.example\.com {2}\$\(touch x\) "q" 東京 .*G;1, X$/,
    )
    expect((await admin(['put', A, 'c@d.example', '-s', 'to', '--storage', path])).code).toBe(0)
    expect((await admin(['list', '--domain', 'bots.example.com', '--json', ...at])).out).toContain(
      '"jid": "c@d.example"',
    )
    expect((await admin(['put', A, B, '-n', '', '-g', '', ...at])).code).toBe(0)
    const [item] = JSON.parse((await admin(['list', A, '--json', ...at])).out)
    expect(item).toMatchObject({ jid: B, name: null, groups: [], subscription: 'both' })
    expect((await admin(['disconnect', '-f', A, B, ...at])).code).toBe(0)
    expect((await admin(['pairs', ...at])).out).toBe('')
    expect((await admin(['connect', A, B, ...at])).code).toBe(0)
    expect((await admin(['pairs', ...at])).out).toBe(`${A}\t${B}\n`)
    expect((await admin(['remove', '-f', A, 'c@d.example', 'x@y', ...at])).code).toBe(1)
    expect((await admin(['clear', A, '--dry-run', ...at])).out).toBe('1 item of 1 owner would be removed.\n')
    expect((await admin(['clear', '--all', '-f', ...at])).out).toBe('2 of 2 done.\n')
  })

  test('pairs of four who all see each other are six', async () => {
    const at = ['--storage', await seeded()]
    const people = ['p', 'q', 'r', 's'].map((name) => `${name}@bots.example.com`)
    for (const one of people)
      for (const other of people) if (one < other) expect((await admin(['connect', one, other, ...at])).code).toBe(0)
    await admin(['clear', '-f', A, ...at])
    expect((await admin(['pairs', ...at])).out.trimEnd().split('\n')).toHaveLength(6)
  })

  test('is that of the component, when nothing else is said', async () => {
    const path = await seeded()
    const env = { XMPP_SERVICE: 'xmpp://127.0.0.1:1', XMPP_PASSWORD: 'secret' }
    const { code, out } = await admin(['owners', '--component', 'bots.example.com'], { env, home: join(path, '..') })
    expect([code, out]).toEqual([16, ''])
    expect((await admin(['owners'], { env: { XMPP_STORAGE: path } })).out).toBe(`${A}\n${B}\n`)
  })

  test.each<[what: string, words: readonly string[], code: number, line: RegExp]>([
    [
      'a file that is not there, and makes none',
      ['owners', '--storage', '/no/such/file'],
      16,
      /^NOT_FOUND: \/no\/such\/file is not there; nothing was made\.$/,
    ],
    ['an address of another kind', ['owners', '--storage', 'mysql://x/y'], 2, /^USAGE: There is no storage "mysql:"/],
    [
      'a password among the arguments',
      ['owners', '--storage', 'redis://u:pr1vate@x'],
      2,
      /^USAGE: .*XMPP_STORAGE is for that\.$/,
    ],
    [
      'a Redis that is not there',
      ['owners', '--storage', 'redis://127.0.0.1:9'],
      5,
      /^NOT_CONNECTED: No connection to the storage: /,
    ],
    [
      'a PostgreSQL that is not there',
      ['owners', '--storage', 'postgres://127.0.0.1:9/x'],
      5,
      /^NOT_CONNECTED: No connection to the storage: /,
    ],
    [
      'presence',
      ['presence', `${A}/x`, 'away', '--storage', 'x'],
      4,
      /^UNSUPPORTED: "admin storage" knows nothing of sessions/,
    ],
    [
      'messages',
      ['message', A, B, 'Hi', '--storage', 'x'],
      4,
      /^UNSUPPORTED: "admin storage" knows nothing of sessions/,
    ],
    ['whoever names no storage', ['owners'], 2, /^CONFIG_INVALID: /],
  ])('refuses %s in one line', async (_what, words, code, line) => {
    const result = await admin(words)
    expect([result.code, result.out]).toEqual([code, ''])
    expect(result.err).toMatch(/^xmpp-roster: [^\n]*\n$/)
    expect(result.err.slice('xmpp-roster: '.length).trimEnd()).toMatch(line)
    expect(result.err).not.toContain('pr1vate')
    expect(existsSync('/no/such/file')).toBe(false)
  })

  test.each([
    'redis://u:pr1vate@x',
    'redis://x?password=pr1vate',
    'POSTGRES://u:pr1vate@x/y',
    'postgres://x/y?user=a&password=pr1vate',
    'postgres://u:pr1vate@x:port/y',
  ])('refuses %s among the arguments', async (address) => {
    const { code, out, err } = await admin(['owners', '--storage', address])
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/^xmpp-roster: USAGE: --storage has a password in it, [^\n]*XMPP_STORAGE is for that\.\n$/)
    expect(err).not.toContain('pr1vate')
  })

  test.each<[place: string, code: number]>([
    ['POSTGRES://u:pr1vate@127.0.0.1:9/x', 5],
    ['Redis://u:pr1vate@127.0.0.1:9', 5],
    ['redis://u:pr1vate@127.0.0.1:port', 2],
    ['redis://u:pr1vate@127.0.0.1/name', 2],
    ['redis://u:pr1%ZZvate@127.0.0.1', 2],
    ['postgres://u:pr1vate@127.0.0.1:port/x', 2],
    ['MySQL://u:pr1vate@x/y', 2],
    [' postgres://u:pr1vate@x/y', 16],
  ])('never shows the password of %s', async (place, expected) => {
    const { code, out, err } = await admin(['owners'], { env: { XMPP_STORAGE: place } })
    expect([code, out]).toEqual([expected, ''])
    expect(err).toMatch(/^xmpp-roster: [^\n]*\n$/)
    expect(err).not.toMatch(/pr1|vate|u:/)
  })

  test.each(['owners', 'pairs', 'put'])(
    'refuses a database of another program for %s, and leaves it alone',
    async (name) => {
      const path = join(freshHome(), 'foreign.sqlite')
      const { default: Database } = await import('libsql')
      const database = new Database(path)
      database.exec('CREATE TABLE notes (text TEXT)')
      database.close()
      const before = readFileSync(path)
      const words = name === 'put' ? [name, A, B] : [name]
      const { code, out, err } = await admin([...words, '--storage', path])
      expect([code, out]).toEqual([2, ''])
      expect(err).toMatch(
        /^xmpp-roster: FILE_INVALID: [^\n]* should hold rosters of xmpp-roster, but holds none; [^\n]*\n$/,
      )
      expect(readFileSync(path).equals(before)).toBe(true)
    },
  )

  test('refuses a file that is no database', async () => {
    const { code, out, err } = await admin(['owners', '--storage', new URL(import.meta.url).pathname])
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/^xmpp-roster: STORAGE_\w+: [^\n]*\n$/)
  })
})

describeDatabase('redis', 'admin storage over Redis', (server) => {
  test('lists what is there', async () => {
    const client = new Redis(server().url)
    const storage = new RedisStorage({ client })
    await seed(storage)
    await storage.close()
    client.disconnect()
    expect(await admin(['pairs', '--storage', server().url])).toEqual({ code: 0, out: `${A}\t${B}\n`, err: '' })
  })
})

describeDatabase('postgres', 'admin storage over PostgreSQL', (server) => {
  test('lists what is there', async () => {
    const pool = new pg.Pool({ connectionString: server().url })
    const db = new Kysely<object>({ dialect: new PostgresDialect({ pool }) })
    const storage = new SqlStorage({ db, dialect: 'postgres' })
    await storage.migrate()
    await seed(storage)
    await storage.close()
    await db.destroy()
    // Its address has a name and no password.
    expect(await admin(['pairs', '--storage', server().url])).toEqual({ code: 0, out: `${A}\t${B}\n`, err: '' })
  })
})
