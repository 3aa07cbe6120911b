import { randomBytes, timingSafeEqual } from 'node:crypto'
import { type Account, type Accounts, hmac, ITERATIONS, type Keys, sha1 } from './accounts.js'
import { decodeBase64, failure, type Mechanism, type SaslAnswer } from './mechanism.js'

interface Begun {
  readonly gs2: string
  readonly authzid: string | undefined
  /** The client's first message without its GS2 header. */
  readonly bare: string
  readonly nonce: string
  readonly challenge: string
  readonly account: Account
  readonly keys: Keys
}

/** RFC 5802 §7: what a client says to a server without channel binding. */
const FIRST = /^([ny],(?:a=([^,]+))?,)(n=([^,]+),r=([!-+\--~]+)(?:,[a-zA-Z]=[^,]+)*)$/
const FINAL = /^(c=([^,]+),r=([!-+\--~]+)(?:,[a-zA-Z]=[^,]+)*),p=([^,]+)$/

/** SCRAM-SHA-1, the server's side (RFC 5802). */
export class ScramSha1 implements Mechanism {
  readonly #accounts: Accounts
  #begun: Begun | undefined

  constructor(accounts: Accounts) {
    this.#accounts = accounts
  }

  next(message: string): SaslAnswer {
    return this.#begun === undefined ? this.#first(message) : this.#final(this.#begun, message)
  }

  #first(message: string): SaslAnswer {
    const found = FIRST.exec(message)
    if (found === null) return failure('malformed-request')
    const [, gs2 = '', authzid, bare = '', name = '', clientNonce = ''] = found
    const asked = saslName(name)
    const identity = saslName(authzid ?? '')
    if (asked === undefined || identity === undefined) return failure('malformed-request')
    const account = this.#accounts.find(asked)
    const keys = this.#accounts.keys(account)
    const nonce = clientNonce + randomBytes(18).toString('base64')
    const challenge = `r=${nonce},s=${keys.salt.toString('base64')},i=${ITERATIONS}`
    this.#begun = { gs2, authzid: authzid && identity, bare, nonce, challenge, account, keys }
    return { kind: 'challenge', data: challenge }
  }

  #final(begun: Begun, message: string): SaslAnswer {
    const found = FINAL.exec(message)
    if (found === null) return failure('malformed-request')
    const [, withoutProof = '', binding = '', nonce = '', proof = ''] = found
    const given = decodeBase64(proof)
    if (given?.length !== 20 || decodeBase64(binding)?.toString() !== begun.gs2) return failure('malformed-request')
    if (nonce !== begun.nonce) return failure('malformed-request')
    const { authzid, keys, account } = begun
    const signed = `${begun.bare},${begun.challenge},${withoutProof}`
    const signature = hmac(keys.stored, signed)
    const clientKey = given.map((byte, at) => byte ^ (signature[at] ?? 0))
    const isRight = timingSafeEqual(sha1(clientKey), keys.stored)
    if (!isRight) return failure('not-authorized')
    if (authzid !== undefined && !this.#accounts.isOwn(authzid, account)) return failure('invalid-authzid')
    return { kind: 'success', username: account.username, data: `v=${hmac(keys.server, signed).toString('base64')}` }
  }
}

/** RFC 5802 §5.1: a comma and an equals sign are written as `=2C` and `=3D`, and no `=` stands for anything else. */
function saslName(text: string): string | undefined {
  if (/=(?!2C|3D)/.test(text)) return undefined
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=')
}
