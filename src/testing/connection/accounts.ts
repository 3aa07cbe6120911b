import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { bareJid } from '../../core/jid.js'
import { prepareLocal } from '../../core/precis.js'
import { randomId } from '../../core/random.js'
import type { Host } from '../peer.js'

/** What a server keeps of a password for SCRAM (RFC 5802 §3). */
export interface Keys {
  readonly salt: Buffer
  readonly stored: Buffer
  readonly server: Buffer
}

/** An account that somebody asked for. Where there is none, the password is one that nobody knows. */
export interface Account {
  /** Canonical, or as it was said where it is no name at all. */
  readonly username: string
  readonly password: string
}

/**
 * RFC 7677 §4 wants 4,096 at least, so that stolen keys are dear; here is nothing to steal, and xmpp.js would compute for a
 * third of a second at each login.
 */
export const ITERATIONS = 128
/** Beyond this many they are made anew: whoever tries names must not fill the memory. */
const MOST_KEYS = 10_000

export const hmac = (key: Uint8Array, text: string): Buffer => createHmac('sha1', key).update(text).digest()
export const sha1 = (data: Uint8Array | string): Buffer => createHash('sha1').update(data).digest()

/** The host's accounts as SASL needs them: asking for one that does not exist goes the same way. */
export class Accounts {
  readonly #host: Host
  readonly #decoy = randomId()
  readonly #pepper = randomBytes(20)
  readonly #keys = new Map<string, Keys>()

  constructor(host: Host) {
    this.#host = host
  }

  find(name: string): Account {
    const local = canonical(() => prepareLocal(name))
    const password = local === undefined ? undefined : this.#host.password(local)
    return { username: local ?? name, password: password ?? this.#decoy }
  }

  /** Made when they are asked for, once for an account and its password. The salt of a name is always the same. */
  keys({ username, password }: Account): Keys {
    const entry = JSON.stringify([username, password])
    const known = this.#keys.get(entry)
    if (known !== undefined) return known
    const salt = hmac(this.#pepper, username)
    const salted = pbkdf2Sync(password, salt, ITERATIONS, 20, 'sha1')
    const keys = { salt, stored: sha1(hmac(salted, 'Client Key')), server: hmac(salted, 'Server Key') }
    if (this.#keys.size >= MOST_KEYS) this.#keys.clear()
    this.#keys.set(entry, keys)
    return keys
  }

  /** Whether an authorization identity is the account's own: nobody acts for somebody else (RFC 6120 §6.3.8). */
  isOwn(authzid: string, account: Account): boolean {
    return canonical(() => bareJid(authzid)) === `${account.username}@${this.#host.domain}`
  }
}

function canonical(prepare: () => string): string | undefined {
  try {
    return prepare()
  } catch {
    return undefined
  }
}
