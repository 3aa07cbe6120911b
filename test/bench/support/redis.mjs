import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'

/** A port of the loopback interface that was free a moment ago. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** A Redis in memory, reached over the loopback interface; `undefined` when it is not installed. */
export async function startRedis() {
  const folder = mkdtempSync(join(tmpdir(), 'xmpp-roster-bench-'))
  const port = await freePort()
  const flags = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', '', '--appendonly', 'no']
  const server = spawn(process.env.REDIS_SERVER ?? 'redis-server', flags, { stdio: 'ignore' })
  const spawned = await Promise.race([once(server, 'spawn').then(() => true), once(server, 'error').then(() => false)])
  if (!spawned) {
    rmSync(folder, { recursive: true, force: true })
    return undefined
  }
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 20, maxRetriesPerRequest: 500 })
  client.on('error', () => undefined)
  await client.ping()
  return {
    client,
    async stop() {
      client.disconnect()
      server.kill()
      await once(server, 'exit')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
