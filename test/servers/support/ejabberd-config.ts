import { existsSync, readdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Certificate, makeCertificate } from './certificate.js'
import type { Blueprint } from './machine.js'
import { needNewer } from './newer.js'
import { DOMAIN, type ServerOptions } from './types.js'

/** The folder of Erlang libraries that Debian's package puts ejabberd into, if it is installed. */
export const ejabberdLibraries = (usr = '/usr'): string | undefined => {
  const lib = join(usr, 'lib')
  const folders = readdirSync(lib).filter((name) => name.includes('-linux-'))
  const found = folders.find((name) => readdirSync(join(lib, name)).some((entry) => entry.startsWith('ejabberd-')))
  return found === undefined ? undefined : join(lib, found)
}

/** The newer libraries, as folders that Erlang looks into before its own. */
const newerCode = (): readonly string[] => {
  const usr = join(needNewer(), 'root/usr')
  const folders = [join(usr, 'lib/erlang/lib'), ejabberdLibraries(usr)].filter((folder) => folder !== undefined)
  const codes = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name, 'ebin')))
  return codes.filter((code) => existsSync(code)).flatMap((code) => ['-pa', code])
}

interface Layout {
  readonly ports: readonly number[]
  readonly components: Readonly<Record<string, string>>
  readonly certificate: Certificate | undefined
  readonly privilege: ServerOptions['privilege']
}

const listeners = ({ ports, components, certificate }: Layout): readonly object[] => {
  const [c2s, component, http] = ports
  const ip = '127.0.0.1'
  const hosts = Object.fromEntries(Object.entries(components).map(([domain, password]) => [domain, { password }]))
  const tls = { starttls: certificate !== undefined, starttls_required: false }
  return [
    { port: c2s, ip, module: 'ejabberd_c2s', access: 'all', max_stanza_size: 1_048_576, ...tls },
    { port: component, ip, module: 'ejabberd_service', access: 'all', hosts },
    { port: http, ip, module: 'ejabberd_http', request_handlers: { '/api': 'mod_http_api' } },
  ]
}

const MODULES = {
  mod_admin_extra: {},
  mod_blocking: {},
  mod_caps: {},
  mod_disco: {},
  mod_http_api: {},
  mod_ping: {},
  mod_privacy: {},
  mod_pubsub: { plugins: ['flat', 'pep'] },
  // A stored version id may come back after a restart; a hash of the roster may not.
  mod_roster: { versioning: true, store_current_id: false },
  mod_stream_mgmt: { resend_on_timeout: 'if_offline', resume_timeout: 60 },
  mod_version: {},
}

const configOf = (layout: Layout): object => ({
  loglevel: 'info',
  hosts: [DOMAIN],
  ...(layout.certificate && { certfiles: [layout.certificate.certFile, layout.certificate.keyFile] }),
  // Nothing may leave the machine.
  s2s_access: 'none',
  auth_method: 'internal',
  auth_password_format: 'plain',
  auth_use_cache: false,
  acl: { loopback: { ip: ['127.0.0.0/8'] }, components: { server: Object.keys(layout.components) } },
  access_rules: { components: { allow: 'components' } },
  shaper_rules: { c2s_shaper: 'none', max_user_sessions: 100 },
  api_permissions: { tests: { from: ['mod_http_api'], who: { ip: '127.0.0.0/8' }, what: '*' } },
  listen: listeners(layout),
  modules:
    layout.privilege === undefined
      ? MODULES
      : { ...MODULES, mod_privilege: { roster: { [layout.privilege]: 'components' } } },
})

/** Resolve names from files only: otherwise Erlang may wait for a DNS server. */
const INETRC = '{lookup,["file","native"]}.\n{host,{127,0,0,1},["localhost"]}.\n'

/**
 * No `-sname`, hence no distribution: no epmd, no cookie, no extra port, and servers never meet. ejabberdctl would
 * start all that and switch to the user "ejabberd".
 */
const args = (folder: string, isNewer: boolean): readonly string[] => [
  ...(isNewer ? newerCode() : []),
  ...['+S', '2:2', '+sbwt', 'none', '+sbwtdcpu', 'none', '+sbwtdio', 'none', '+P', '32768'],
  ...['-noshell', '-noinput', '-mnesia', 'dir', JSON.stringify(join(folder, 'mnesia')), '-s', 'ejabberd'],
]

const environment = (folder: string, isNewer: boolean): Readonly<Record<string, string>> => ({
  ERL_LIBS: isNewer ? '' : (ejabberdLibraries() ?? ''),
  ERL_INETRC: join(folder, 'inetrc'),
  ERL_CRASH_DUMP_SECONDS: '0',
  ERL_MAX_PORTS: '4096',
  EJABBERD_CONFIG_PATH: join(folder, 'ejabberd.yml'),
  EJABBERD_LOG_PATH: join(folder, 'ejabberd.log'),
  EJABBERD_PID_PATH: join(folder, 'ejabberd.pid'),
})

/** How ejabberd is run: ports for clients, components and the HTTP API. */
export const ejabberdBlueprint = (
  components: Readonly<Record<string, string>>,
  { tls = false, ejabberd: more = {}, release, privilege }: ServerOptions,
): Blueprint & { pem(): string | undefined } => {
  const isNewer = release === 'newer'
  let certificate: Certificate | undefined
  return {
    name: 'ejabberd',
    ports: 3,
    pem: () => certificate?.pem,
    prepare: async (folder, ports) => {
      if (tls) certificate ??= await makeCertificate(folder)
      await mkdir(join(folder, 'mnesia'), { recursive: true })
      await writeFile(join(folder, 'inetrc'), INETRC)
      // JSON is YAML.
      const config = JSON.stringify({ ...configOf({ ports, components, certificate, privilege }), ...more }, null, 2)
      await writeFile(join(folder, 'ejabberd.yml'), config)
      return { file: 'erl', args: args(folder, isNewer), env: environment(folder, isNewer) }
    },
  }
}
