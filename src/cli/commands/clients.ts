import type { ClientAccess } from '../../clients.js'
import { command } from '../command.js'
import { withAccount } from '../connected.js'
import { jsonOf } from '../data.js'
import { CommandError, notFound } from '../errors.js'
import { FORCE, JSON_ARRAY } from '../options.js'
import { confirm } from '../prompt.js'
import { printTable } from '../table.js'
import { plain } from '../text.js'
import { underWay } from '../under-way.js'

const DETAILS = "The server needs Prosody's mod_client_management."

const list = command({
  name: 'list',
  summary: 'List what has access to the account',
  details: DETAILS,
  options: JSON_ARRAY,
  examples: ['clients list --json'],
  run: (context, { options }) =>
    withAccount(context, async ({ entity, call }) => {
      const { Clients } = await import('../../clients.js')
      const found = await new Clients(entity).list(call)
      if (options.json) context.out.line(jsonOf(found.map(dataOf)))
      else printTable(context.out, ['ID', 'SOFTWARE', 'DEVICE', 'CONNECTED', 'LAST SEEN', 'LOGIN'], found.map(rowOf))
      return undefined
    }),
})

const revoke = command({
  name: 'revoke',
  summary: "Take a client's access away",
  details: 'Asks first. "clients list" has the IDs.',
  arguments: [{ name: 'ID', description: 'The client' }],
  options: FORCE,
  examples: ['clients revoke grant/7f1c'],
  run: (context, { options, words: [id = ''] }) =>
    withAccount(context, async ({ entity, call }) => {
      const { Clients } = await import('../../clients.js')
      if (!options.force) await confirm(`Take its access from ${plain(id)}?`, context)
      const outcome = await underWay(context, () => new Clients(entity).revoke(id, call))
      if (outcome === 'absent') throw notFound(`There is no client ${id}.`)
      if (outcome === 'password-reset-required')
        throw new CommandError('FAILED', `${id} knows the password: only changing that keeps it out.`)
      if (outcome === 'disconnected')
        throw new CommandError('FAILED', `${id} was disconnected, but it may come back: revoke it again.`)
      context.out.line(`${plain(id)} revoked`)
      return undefined
    }),
})

export const clients = command({
  name: 'clients',
  summary: 'List what has access to the account, or take it away',
  details: DETAILS,
  options: JSON_ARRAY,
  examples: ['clients', 'clients revoke grant/7f1c'],
  commands: [list, revoke],
  run: (context, input) => list.run?.(context, input) ?? Promise.resolve(undefined),
})

/** Every field, always. */
function dataOf({ id, type, connected, firstSeen, lastSeen, auth, software, uri, device }: ClientAccess): object {
  const told = { firstSeen, lastSeen, software, uri, device }
  const fields = Object.entries(told).map(([field, value]) => [field, value ?? null])
  return { id, type, connected, auth, ...Object.fromEntries(fields) }
}

const rowOf = ({ id, connected, lastSeen, auth, software, device }: ClientAccess): readonly string[] => [
  id,
  software ?? '',
  device ?? '',
  connected ? 'yes' : '',
  lastSeen?.toISOString() ?? '',
  auth.join(', '),
]
