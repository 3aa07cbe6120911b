import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { assemble, type Controls } from './assemble.js'
import { localPart } from './jids.js'
import { luaSet, luaString } from './lua.js'
import { startMachine } from './machine.js'
import { writeAccount } from './prosody-account.js'
import { launcher, prosodyBlueprint } from './prosody-config.js'
import {
  DEFAULT_COMPONENTS,
  DOMAIN,
  PASSWORD,
  type RosterEntry,
  type ServerOptions,
  type TestedServer,
} from './types.js'

const run = promisify(execFile)
const DONE = 'harness-done'

/** Runs Lua inside the server. The code has to end by itself: what it raises is what the promise rejects with. */
const shell = async (ctl: string, folder: string, code: string): Promise<string> => {
  const line = `> local ok, result = pcall(function() ${code} end); return ok and "${DONE}:"..tostring(result or "") or tostring(result)`
  const config = join(folder, 'prosody.cfg.lua')
  const { stdout, stderr } = await run(ctl, ['--config', config, 'shell', line], { timeout: 60_000 })
  // Everything before the marker is decoration: a banner, "Result:" and the like.
  const start = stdout.indexOf(`${DONE}:`)
  if (start === -1) throw new Error(`prosodyctl shell refused: ${stdout}${stderr}\n${code}`)
  return stdout.slice(start + DONE.length + 1).trim()
}

const session = (fullJid: string): string =>
  `local s = prosody.full_sessions[${luaString(fullJid)}] or error("no session " .. ${luaString(fullJid)});`

const parsed = (xml: string): string => `local st = assert(require "util.xml".parse(${luaString(xml)}));`

/** A parsed stanza, never a string: what stream management did not count makes it end the stream at the next ack. */
const injection = (fullJid: string, xml: string): string => `${session(fullJid)} ${parsed(xml)} s.send(st)`

const delivery = (from: string, to: string, xml: string): string =>
  `${parsed(xml)} st.attr.from = ${luaString(from)}; st.attr.to = ${luaString(to)};
   prosody.core_route_stanza(prosody.hosts[${luaString(DOMAIN)}], st)`.replaceAll('\n', ' ')

const edition = (owner: string, contact: string, item: string): string => {
  const user = `${luaString(localPart(owner))}, ${luaString(DOMAIN)}`
  const jid = luaString(contact)
  return (
    `local rm = require "core.rostermanager"; local r = rm.load_roster(${user}); r[${jid}] = ${item}; ` +
    `rm.save_roster(${user}, r, nil, ${jid}); rm.roster_push(${user}, ${jid})`
  )
}

const luaItem = ({ subscription = 'both', name, groups = [] }: RosterEntry): string => {
  const label = name === undefined ? '' : `name=${luaString(name)},`
  return `{subscription=${luaString(subscription)},${label}groups=${luaSet(groups)}}`
}

const SESSIONS =
  'local t = {}; for jid in pairs(prosody.full_sessions) do t[#t + 1] = jid end; return table.concat(t, "\\t")'

const controlsOf = (ctl: string, folder: string): Controls => {
  const act = async (code: string): Promise<void> => void (await shell(ctl, folder, code))
  return {
    addAccount: (username, password = PASSWORD) => writeAccount(folder, username, password),
    inject: (fullJid, xml) => act(injection(fullJid, xml)),
    deliver: (from, to, xml) => act(delivery(from, to, xml)),
    kick: (fullJid) => act(`${session(fullJid)} s:close({condition="policy-violation", text="kicked"})`),
    sessions: async () => (await shell(ctl, folder, SESSIONS)).split(/\s+/).filter(Boolean).sort(),
    setRosterItem: (owner, contact, entry = {}) => act(edition(owner, contact, luaItem(entry))),
    removeRosterItem: (owner, contact) => act(edition(owner, contact, 'nil')),
  }
}

/** Starts Prosody on free ports of the loopback interface. Resolves once clients can log in. */
export const startProsody = async (options: ServerOptions = {}): Promise<TestedServer> => {
  const { components = DEFAULT_COMPONENTS } = options
  const blueprint = prosodyBlueprint(components, options)
  const machine = await startMachine(blueprint)
  const controls = controlsOf(launcher('prosodyctl', options), machine.folder)
  return assemble({ kind: 'prosody', machine, components, pem: blueprint.pem() }, controls)
}
