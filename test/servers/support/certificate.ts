import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import tls from 'node:tls'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Certificate {
  readonly certFile: string
  readonly keyFile: string
  readonly pem: string
}

const REQUEST = [
  ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
  ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
]

/** Makes a self-signed certificate for localhost. */
export const makeCertificate = async (folder: string): Promise<Certificate> => {
  const certFile = join(folder, 'localhost.crt')
  const keyFile = join(folder, 'localhost.key')
  await run('openssl', [...REQUEST, '-keyout', keyFile, '-out', certFile])
  return { certFile, keyFile, pem: await readFile(certFile, 'utf8') }
}

const trusted = new Set<string>()
const plainConnect = tls.connect

/** `tls.connect` with our certificates beside those that are trusted anyway. Its overloads all take an options object. */
const trustingConnect = ((...args: unknown[]): tls.TLSSocket => {
  const withOurs = args.map((arg) =>
    typeof arg === 'object' && arg !== null ? { ca: [...tls.rootCertificates, ...trusted], ...arg } : arg,
  )
  return Reflect.apply(plainConnect, tls, withOurs)
}) as typeof tls.connect

/**
 * Lets TLS connections of this process accept the certificate until the returned function is called.
 *
 * xmpp.js hands no options to TLS, and NODE_EXTRA_CA_CERTS is read only once, when Node starts. What is left is
 * NODE_TLS_REJECT_UNAUTHORIZED=0, which checks nothing at all and warns, or this: xmpp.js looks `connect` up on the
 * module object at every call, so it can be given the certificate there, and verification stays as strict as ever.
 */
export const trust = (pem: string): (() => void) => {
  trusted.add(pem)
  tls.connect = trustingConnect
  return () => {
    trusted.delete(pem)
    if (trusted.size === 0) tls.connect = plainConnect
  }
}
