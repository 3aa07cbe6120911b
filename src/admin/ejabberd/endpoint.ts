import { RosterError } from '../../core/errors.js'
import { shorten } from '../../core/text.js'

/** Where ejabberd's HTTP API is, and as whom it is called. */
export interface EjabberdOptions {
  /**
   * What the commands stand below: `https://xmpp.example.com:5443/api`, as `request_handlers` names it. Redirects are not
   * followed: they would carry the password elsewhere.
   */
  readonly url: string
  /** The bare JID of an account that `api_permissions` lets in; with `password`. */
  readonly username?: string
  /** Of that account. Sent with every call (Basic): use `https`, or the loopback. */
  readonly password?: string
  /** An OAuth token of ejabberd's, instead of `username` and `password`. */
  readonly token?: string
  /** Default: the `fetch` of the runtime. Another one can trust a certificate of your own, or go through a proxy. */
  readonly fetch?: typeof fetch
}

/** The options, checked. */
export interface Endpoint {
  /** Without a slash at its end. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly send: typeof fetch
  /** The text without what must not be shown to anybody. */
  conceal(text: string): string
}

/** @throws RosterError `UNSUPPORTED`, without the value that was wrong when it may hold a secret */
export function endpointOf(options: EjabberdOptions): Endpoint {
  const url = urlOf(options.url)
  const authorization = authorizationOf(options)
  const secrets = [options.password, options.token, authorization?.split(' ')[1]]
  return {
    url,
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      ...(authorization === undefined ? {} : { authorization }),
    },
    // Looked up at every call, and called as a function: a browser's `fetch` is no method.
    send: options.fetch ?? ((...call) => fetch(...call)),
    conceal: (text) =>
      secrets.reduce<string>((shown, secret) => (secret ? shown.replaceAll(secret, '…') : shown), text),
  }
}

function urlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw unfit('url', 'the http(s) address of the API', text)
  if (url.username !== '' || url.password !== '')
    throw unfit('url', 'an address without a password in it: `username` and `password` are options of their own')
  if (url.search !== '' || url.hash !== '') throw unfit('url', 'an address without "?" and "#"')
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

function authorizationOf({ username, password, token }: EjabberdOptions): string | undefined {
  if (token !== undefined) {
    if (username !== undefined || password !== undefined) throw unfit('token', 'the only one of `token` and `username`')
    // RFC 6750 §2.1. Anything else could end the header.
    if (!/^[\w.~+/-]+=*$/.test(token)) throw unfit('token', 'a bearer token: letters, digits and -._~+/')
    return `Bearer ${token}`
  }
  if (username === undefined && password === undefined) return undefined
  if (username === undefined || password === undefined) throw unfit('username', 'given together with `password`')
  // RFC 7617 §2: the first colon ends the name.
  if (username.includes(':')) throw unfit('username', 'a JID, without ":"')
  return `Basic ${base64(`${username}:${password}`)}`
}

/** `btoa` knows bytes only; ejabberd reads UTF-8 (RFC 7617 §2.1). */
const base64 = (text: string): string =>
  btoa([...new TextEncoder().encode(text)].map((byte) => String.fromCharCode(byte)).join(''))

function unfit(option: string, expected: string, came?: unknown): RosterError {
  const but = came === undefined ? '' : `, but "${shorten(String(came), 60)}" came`
  return new RosterError('UNSUPPORTED', `The option \`${option}\` of ejabberdAdmin should be ${expected}${but}.`)
}
