import { inWords, RosterError } from '../core/errors.js'
import { type Account, titleOf } from './account.js'

/** What xmpp.js and Node.js say about an error, as far as they do. */
interface Told {
  readonly name?: unknown
  readonly code?: unknown
  readonly condition?: unknown
  readonly errors?: readonly unknown[]
}

const told = (cause: unknown): Told => (typeof cause === 'object' && cause !== null ? cause : {})

/** What a server wrote, at the end of a sentence of ours: some write sentences themselves. */
const ended = (words: string): string => (/[.!?…]$/.test(words) ? words : `${words}.`)

/** What the checks of a certificate end with. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/

/** What went wrong between us and a server, with a code of the library. */
export function asConnectionError(cause: unknown, account: Account): RosterError {
  if (cause instanceof RosterError) return cause
  const { name, code, condition, errors } = told(cause)
  const who = titleOf(account)
  if (name === 'SASLError')
    return new RosterError('REFUSED', `The server refused the login of ${who}: ${ended(inWords(cause))}`, {
      condition: String(condition),
      cause,
    })
  if (name === 'StreamError')
    return new RosterError('REFUSED', `The server ended the stream of ${who}: ${ended(inWords(cause))}`, {
      condition: String(condition),
      cause,
    })
  if (name === 'TimeoutError')
    return new RosterError('TIMED_OUT', `The server of ${who} did not answer in time.`, { cause })
  if (typeof code === 'string' && CERTIFICATE.test(code))
    return new RosterError(
      'NOT_CONNECTED',
      `The certificate of the server of ${who} cannot be trusted (${code}: ${inWords(cause)}); no password was sent.`,
      { cause },
    )
  // Where a name has several addresses, each has an error of its own.
  const first = errors?.[0]
  const words = first === undefined ? inWords(cause) : inWords(first)
  return new RosterError('NOT_CONNECTED', `No connection to the server of ${who}: ${words}`, { cause })
}

/** For the `catch` of a dynamic import. */
export const missingPackage =
  (name: string) =>
  (cause: unknown): never => {
    throw new RosterError('UNSUPPORTED', `This needs the package ${name}: "npm install ${name}" adds it.`, { cause })
  }
