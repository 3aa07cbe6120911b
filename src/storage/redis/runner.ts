import { inWords } from '../../core/errors.js'
import { type RedisClient, type Send, senderOf } from './client.js'
import type { Script } from './lua.js'

/** Runs scripts by their hash; a server that does not know one (restarted, flushed, failed over) gets its text. */
export class Runner {
  readonly #send: Send
  readonly #hashes = new Map<Script, string>()

  /** @throws {RosterError} `UNSUPPORTED`: not a client of ioredis or node-redis */
  constructor(client: RedisClient) {
    this.#send = senderOf(client)
  }

  /** Rejects with whatever the client rejects with. All keys share a hash tag; there is at least one. */
  async run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const hash = this.#hashes.get(script) ?? (await this.#hash(script))
    const key = keys[0] ?? ''
    const count = String(keys.length)
    try {
      return await this.#send(key, ['EVALSHA', hash, count, ...keys, ...args])
    } catch (cause) {
      if (!inWords(cause).startsWith('NOSCRIPT')) throw cause
      return await this.#send(key, ['EVAL', script.lua, count, ...keys, ...args])
    }
  }

  async #hash(script: Script): Promise<string> {
    const digest = await globalThis.crypto.subtle.digest('SHA-1', new TextEncoder().encode(script.lua))
    const hash = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
    this.#hashes.set(script, hash)
    return hash
  }
}
