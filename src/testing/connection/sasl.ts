import type { Element } from 'ltx'
import { createElement } from 'ltx/lib/ltx.js'
import { attr } from '../../xmpp/codec.js'
import type { Accounts } from './accounts.js'
import { decodeBase64, failure, type Mechanism, type SaslAnswer } from './mechanism.js'
import { NS_SASL } from './namespaces.js'
import { Plain } from './plain.js'
import { ScramSha1 } from './scram.js'

const MECHANISMS: ReadonlyMap<string, new (accounts: Accounts) => Mechanism> = new Map<
  string,
  new (
    accounts: Accounts,
  ) => Mechanism
>([
  ['SCRAM-SHA-1', ScramSha1],
  ['PLAIN', Plain],
])

/** RFC 6120 §6.4.5 recommends to allow two to five tries more. */
const MOST_FAILURES = 5

/** The stream feature (RFC 6120 §6.4.1). */
export const mechanismsElement = (): Element =>
  createElement(
    'mechanisms',
    { xmlns: NS_SASL },
    ...[...MECHANISMS.keys()].map((name) => createElement('mechanism', {}, name)),
  )

/** SASL on one stream (RFC 6120 §6), until somebody is known. */
export class Authentication {
  readonly #accounts: Accounts
  #running: Mechanism | undefined
  #failures = 0
  /** The canonical name of who has shown a password. */
  username: string | undefined

  constructor(accounts: Accounts) {
    this.#accounts = accounts
  }

  /** RFC 6120 §6.4.5: whoever fails too often has to connect again. */
  get isExhausted(): boolean {
    return this.#failures >= MOST_FAILURES
  }

  /** The answer to an element of SASL; `undefined`: it is none that a client sends. */
  answer(element: Element): Element | undefined {
    const answer = this.#hear(element)
    if (answer === undefined) return undefined
    if (answer.kind !== 'challenge') this.#running = undefined
    if (answer.kind === 'failure') {
      this.#failures += 1
      return createElement('failure', { xmlns: NS_SASL }, createElement(answer.condition))
    }
    if (answer.kind === 'success') this.username = answer.username
    return createElement(answer.kind, { xmlns: NS_SASL }, ...encoded(answer.data))
  }

  #hear(element: Element): SaslAnswer | undefined {
    switch (element.name) {
      case 'auth':
        return this.#begin(element)
      case 'response':
        return this.#next(element.getText())
      case 'abort':
        return failure('aborted')
      default:
        return undefined
    }
  }

  #begin(element: Element): SaslAnswer {
    const Chosen = MECHANISMS.get(attr(element, 'mechanism') ?? '')
    if (Chosen === undefined) return failure('invalid-mechanism')
    this.#running = new Chosen(this.#accounts)
    const initial = element.getText()
    // Both mechanisms are begun by the client: without its first message it is asked for it (RFC 4422 §5).
    return initial === '' ? { kind: 'challenge', data: '' } : this.#next(initial)
  }

  #next(text: string): SaslAnswer {
    if (this.#running === undefined) return failure('malformed-request')
    // RFC 6120 §6.4.2: a message without content is written as `=`.
    const bytes = decodeBase64(text === '=' ? '' : text)
    if (bytes === undefined) return failure('incorrect-encoding')
    const message = decodeText(bytes)
    return message === undefined ? failure('malformed-request') : this.#running.next(message)
  }
}

const encoded = (data: string | undefined): readonly string[] =>
  data === undefined || data === '' ? [] : [Buffer.from(data).toString('base64')]

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
