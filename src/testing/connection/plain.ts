import { timingSafeEqual } from 'node:crypto'
import { type Accounts, sha1 } from './accounts.js'
import { failure, type Mechanism, type SaslAnswer } from './mechanism.js'

/** PLAIN (RFC 4616). */
export class Plain implements Mechanism {
  readonly #accounts: Accounts

  constructor(accounts: Accounts) {
    this.#accounts = accounts
  }

  next(message: string): SaslAnswer {
    const [authzid = '', name = '', given = '', ...more] = message.split('\0')
    if (name === '' || given === '' || more.length > 0) return failure('malformed-request')
    const account = this.#accounts.find(name)
    // Hashes are of one length, so that comparing takes one time.
    const isRight = timingSafeEqual(sha1(given), sha1(account.password))
    if (!isRight) return failure('not-authorized')
    if (authzid !== '' && !this.#accounts.isOwn(authzid, account)) return failure('invalid-authzid')
    return { kind: 'success', username: account.username, data: undefined }
  }
}
