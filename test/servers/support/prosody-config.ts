import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Certificate, makeCertificate } from './certificate.js'
import { luaString } from './lua.js'
import type { Blueprint } from './machine.js'
import { needNewer } from './newer.js'
import { writeAccount } from './prosody-account.js'
import { ACCOUNTS, DOMAIN, PASSWORD, type ServerOptions } from './types.js'

/** Modules of our own. */
const PLUGINS = fileURLToPath(new URL('prosody-modules', import.meta.url))

const MODULES = [
  ...['roster', 'saslauth', 'disco', 'presence', 'message', 'iq', 'c2s', 'ping', 'blocklist', 'pep'],
  ...['smacks', 'version', 'register', 'admin_shell'],
]

interface Layout {
  readonly folder: string
  readonly ports: readonly number[]
  readonly components: Readonly<Record<string, string>>
  readonly certificate: Certificate | undefined
  readonly more: readonly string[]
  readonly privilege: ServerOptions['privilege']
}

const list = (values: readonly (string | number)[]): string =>
  `{ ${values.map((value) => (typeof value === 'string' ? luaString(value) : value)).join(', ')} }`

/** An option that refers to another one breaks Prosody 13: each table is written out. */
const tlsLines = (certificate: Certificate | undefined): readonly string[] =>
  certificate === undefined
    ? []
    : [`ssl = { certificate = ${luaString(certificate.certFile)}, key = ${luaString(certificate.keyFile)} }`]

/** Debian's package of the community's modules, where Prosody looks by itself. */
export const hasPrivilege = (): boolean => existsSync('/usr/lib/prosody/modules/mod_privilege/mod_privilege.lua')

/** Modules of a host go before its components: each section ends where the next one begins. */
const privilegeLines = (
  components: Readonly<Record<string, string>>,
  privilege: ServerOptions['privilege'],
): readonly string[] => {
  if (privilege === undefined) return []
  const granted = Object.keys(components).map(
    (domain) => `[${luaString(domain)}] = { roster = ${luaString(privilege)} }`,
  )
  return ['  modules_enabled = { "privilege" }', `  privileged_entities = { ${granted.join(', ')} }`]
}

const componentLines = (domain: string, secret: string, privilege: ServerOptions['privilege']): readonly string[] => [
  `Component ${luaString(domain)}`,
  `  component_secret = ${luaString(secret)}`,
  ...(privilege === undefined ? [] : ['  modules_enabled = { "privilege" }']),
]

/** No mod_limits (10 kB/s by default), nothing to other servers, and nothing kept for users who are away. */
const configOf = ({ folder, ports, components, certificate, more, privilege }: Layout): string => {
  const modules = [...MODULES, ...(certificate === undefined ? [] : ['tls']), ...more]
  return [
    'run_as_root = true',
    `data_path = ${luaString(join(folder, 'data'))}`,
    `certificates = ${luaString(folder)}`,
    `pidfile = ${luaString(join(folder, 'prosody.pid'))}`,
    `admin_socket = ${luaString(join(folder, 'prosody.sock'))}`,
    'interfaces = { "127.0.0.1" }',
    'local_interfaces = { "127.0.0.1" }',
    `c2s_ports = { ${ports[0]} }`,
    'c2s_direct_tls_ports = {}',
    `component_ports = { ${ports[1]} }`,
    'component_interfaces = { "127.0.0.1" }',
    's2s_ports = {}',
    's2s_direct_tls_ports = {}',
    'http_ports = {}',
    'https_ports = {}',
    `plugin_paths = { ${luaString(PLUGINS)} }`,
    `modules_enabled = ${list(modules)}`,
    `modules_disabled = ${list(more.includes('offline') ? ['s2s'] : ['s2s', 'offline'])}`,
    'c2s_require_encryption = false',
    'allow_unencrypted_plain_auth = true',
    'authentication = "internal_plain"',
    'storage = "internal"',
    'smacks_hibernation_time = 60',
    'c2s_close_timeout = 1',
    'log = { { levels = { min = "info" }, to = "console" } }',
    ...tlsLines(certificate),
    `VirtualHost ${luaString(DOMAIN)}`,
    ...privilegeLines(components, privilege),
    ...Object.entries(components).flatMap(([domain, secret]) => componentLines(domain, secret, privilege)),
    '',
  ].join('\n')
}

/** The command of the release that is asked for. */
export const launcher = (name: 'prosody' | 'prosodyctl', { release }: ServerOptions): string =>
  release === 'newer' ? join(needNewer(), 'bin', name) : name

/** How Prosody is run: ports for clients and components, accounts as files, PLAIN without TLS. */
export const prosodyBlueprint = (
  components: Readonly<Record<string, string>>,
  options: ServerOptions,
): Blueprint & { pem(): string | undefined } => {
  const { tls = false, prosodyModules: more = [], privilege } = options
  let certificate: Certificate | undefined
  return {
    name: 'prosody',
    ports: 2,
    pem: () => certificate?.pem,
    prepare: async (folder, ports) => {
      if (tls) certificate ??= await makeCertificate(folder)
      await Promise.all(ACCOUNTS.map((name) => writeAccount(folder, name, PASSWORD)))
      const config = join(folder, 'prosody.cfg.lua')
      await writeFile(config, configOf({ folder, ports, components, certificate, more, privilege }))
      return { file: launcher('prosody', options), args: ['--config', config, '-F'] }
    },
  }
}
