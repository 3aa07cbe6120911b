import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'vitest'
import { stopAll } from './connect.js'
import { startEjabberd } from './ejabberd.js'
import { ejabberdLibraries } from './ejabberd-config.js'
import { startInProcess } from './in-process.js'
import { HOW_TO_GET_NEWER, newerVersion } from './newer.js'
import { startProsody } from './prosody.js'
import { hasPrivilege } from './prosody-config.js'
import { stopRecording } from './record.js'
import type { ServerKind, ServerOptions, TestedServer } from './types.js'

const HOOK_MS = 240_000
const TEST_MS = 240_000

/** The server of a suite. Only `kind` can be read before its tests run. */
export type ServerFixture = TestedServer

export interface SuiteOptions extends ServerOptions {
  /** Kinds of servers that the suite is about. Default: all, but the one in the process has no TLS. */
  readonly only?: readonly ServerKind[]
}

const onPath = (name: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })

interface Kind {
  readonly kind: ServerKind
  /** Name of the Debian package; `undefined`: nothing is to be installed. */
  readonly debian?: string
  readonly tls: boolean
  installed(): boolean
  start(options: ServerOptions): Promise<TestedServer>
}

const KINDS: readonly Kind[] = [
  {
    kind: 'in-process',
    tls: false,
    installed: () => true,
    start: startInProcess,
  },
  {
    kind: 'prosody',
    debian: 'prosody',
    tls: true,
    installed: () => onPath('prosody') && onPath('prosodyctl'),
    start: startProsody,
  },
  {
    kind: 'ejabberd',
    debian: 'ejabberd',
    tls: true,
    installed: () => onPath('erl') && ejabberdLibraries() !== undefined,
    start: startEjabberd,
  },
]

/** XMPP_SERVERS=prosody runs the suites with that one only, as long as one is busy with it. */
const wanted = (): readonly string[] => {
  const names = (process.env['XMPP_SERVERS'] ?? '').split(',').filter(Boolean)
  const unknown = names.filter((name) => !KINDS.some(({ kind }) => kind === name))
  if (unknown.length > 0) throw new Error(`XMPP_SERVERS names no server: ${unknown.join(', ')}`)
  return names.length === 0 ? KINDS.map(({ kind }) => kind) : names
}

/** Of Prosody, XEP-0356 is a module of the community: a package of its own. The newer one is unpacked with it. */
const lacksPrivilege = (kind: ServerKind, { privilege, release }: SuiteOptions): boolean =>
  kind === 'prosody' && privilege !== undefined && release !== 'newer' && !hasPrivilege()

/** In CI a server that is missing fails the suite: skipped tests would look like passed ones there. */
const withoutServer = (title: string, { kind, debian }: Kind, options: SuiteOptions): void => {
  const [what, needed] = lacksPrivilege(kind, options) ? ['mod_privilege', 'prosody-modules'] : [kind, debian]
  const message = `${what} is not installed: install the Debian package "${needed}"`
  if (process.env['CI']) {
    describe(title, () => {
      test('has its server', () => {
        throw new Error(message)
      })
    })
    return
  }
  console.warn(`!!! SKIPPED: ${title}: ${message}`)
  describe.skip(title, () => test('needs its server', () => undefined))
}

const fixtureOf = (kind: ServerKind, running: () => TestedServer | undefined): ServerFixture => {
  const current = (): TestedServer => {
    const server = running()
    if (server === undefined) throw new Error('The server runs only during tests and their hooks')
    return server
  }
  const get = (_: unknown, key: string | symbol): unknown => (key === 'kind' ? kind : Reflect.get(current(), key))
  return new Proxy<ServerFixture>(Object.create(null), { get })
}

const runSuite = (title: string, entry: Kind, options: SuiteOptions, body: (server: ServerFixture) => void): void => {
  describe(title, { timeout: TEST_MS }, () => {
    let server: TestedServer | undefined
    beforeAll(async () => {
      server = await entry.start(options)
    }, HOOK_MS)
    beforeEach(({ onTestFailed }) => {
      const from = server?.logs().length ?? 0
      onTestFailed(() => {
        if (process.env['XMPP_SERVERS_LOG']) console.error(server?.logs().slice(from))
      })
    })
    afterEach(async () => {
      await stopAll()
      stopRecording()
    }, HOOK_MS)
    afterAll(async () => {
      await stopAll()
      await server?.stop()
    }, HOOK_MS)
    body(fixtureOf(entry.kind, () => server))
  })
}

/** Not every mirror offers them, so that their absence fails no run; `.ci/run` says so loudly. */
const withoutNewer = (title: string, { kind }: Kind): void => {
  console.warn(`!!! SKIPPED: ${title}: there is no newer ${kind}: ${HOW_TO_GET_NEWER}`)
  describe.skip(title, () => test('needs its server', () => undefined))
}

/**
 * Runs a suite once with each kind of server, which is started before it and stopped after it. After each test all
 * clients and components are logged out. A server that is not installed fails the suite where CI is set, and is
 * skipped elsewhere; one of a newer release is skipped everywhere. XMPP_SERVERS=prosody selects, XMPP_SERVERS_LOG=1 shows the server's log of a failed test.
 */
export function describeServers(title: string, body: (server: ServerFixture) => void): void
export function describeServers(title: string, options: SuiteOptions, body: (server: ServerFixture) => void): void
export function describeServers(
  title: string,
  ...rest: [(server: ServerFixture) => void] | [SuiteOptions, (server: ServerFixture) => void]
): void {
  const [options, body] = rest.length === 1 ? [{}, rest[0]] : rest
  const { only = KINDS.map(({ kind }) => kind), tls = false, release = 'installed' } = options
  for (const entry of KINDS.filter((one) => only.includes(one.kind) && (one.tls || !tls))) {
    const version = release === 'newer' ? newerVersion(entry.kind) : undefined
    const name = `${title} [${entry.kind}${release === 'newer' ? ` ${version ?? 'newer'}` : ''}]`
    if (!wanted().includes(entry.kind)) describe.skip(name, () => test('left out by XMPP_SERVERS', () => undefined))
    else if (release === 'newer' && version === undefined) withoutNewer(name, entry)
    else if (entry.installed() && !lacksPrivilege(entry.kind, options)) runSuite(name, entry, options, body)
    else withoutServer(name, entry, options)
  }
}
