import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { RosterError } from '../core/errors.js'
import { domainOf } from '../core/jid.js'
import type { ClientAccount } from './account.js'

/** What carries the stream. */
export interface Link {
  readonly isEncrypted: boolean
  readonly remoteAddress: string | undefined
  /** Of the other end, and trusted; `undefined` where there is none, or nobody tells. */
  readonly certificate: PeerCertificate | undefined
}

const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/

/**
 * No password, and no answer to a challenge, goes over a network where others may listen, or to a server that is not that of
 * the account.
 *
 * @throws {RosterError} `NOT_CONNECTED`
 */
export function checkPrivacy({ isEncrypted, remoteAddress, certificate }: Link, account: ClientAccount): void {
  if (!isEncrypted && !LOOPBACK.test(remoteAddress ?? '') && !account.insecure)
    throw new RosterError(
      'NOT_CONNECTED',
      `The server of ${account.jid} offers no encryption; no password was sent. ("insecure": true of the account allows it.)`,
    )
  // xmpp.js compares a certificate with the host that it connects to: where DNS named that host, this proves nothing.
  if (account.service !== undefined || certificate === undefined) return
  const domain = domainOf(account.jid)
  const cause = checkServerIdentity(domain, certificate)
  if (cause === undefined) return
  const message = `The certificate is not one of ${domain}; no password was sent. ${cause.message}`
  throw new RosterError('NOT_CONNECTED', message, { cause })
}
