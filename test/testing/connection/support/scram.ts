import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { expect } from 'vitest'
import { type RawPeer, SASL } from './raw.js'

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const fromBase64 = (text: string): string => Buffer.from(text, 'base64').toString()

/** What a client changes in an honest authentication. */
export interface Lie {
  readonly gs2?: string
  readonly binding?: string
  readonly nonce?: string
  readonly proof?: (proof: Buffer) => string
}

export const sends = (peer: RawPeer, name: 'auth' | 'response', text: string): void =>
  peer.send(`<${name} ${SASL}${name === 'auth' ? ` mechanism='SCRAM-SHA-1'` : ''}>${text}</${name}>`)

/** The server's first message. */
export async function challenge(peer: RawPeer, username: string, gs2 = 'n,,', nonce = 'abc'): Promise<string> {
  sends(peer, 'auth', base64(`${gs2}n=${username},r=${nonce}`))
  const heard = await peer.hears(/<(challenge|failure) .*<\/\1>/)
  return fromBase64(/<challenge [^>]*>(.*)<\/challenge>/.exec(heard)?.[1] ?? '')
}

/** SCRAM-SHA-1 as RFC 5802 §3 describes a client; checks the server's signature. */
export async function scram(peer: RawPeer, username: string, password: string, lie: Lie = {}): Promise<string> {
  const gs2 = lie.gs2 ?? 'n,,'
  const first = await challenge(peer, username, gs2)
  const [, nonce = '', salt = '', iterations = ''] = /^r=(.*),s=(.*),i=(\d+)$/.exec(first) ?? []
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(iterations), 20, 'sha1')
  const mac = (key: Uint8Array, text: string): Buffer => createHmac('sha1', key).update(text).digest()
  const clientKey = mac(salted, 'Client Key')
  const withoutProof = `c=${lie.binding ?? base64(gs2)},r=${lie.nonce ?? nonce}`
  const message = `n=${username},r=abc,${first},${withoutProof}`
  const signature = mac(createHash('sha1').update(clientKey).digest(), message)
  const proof = Buffer.from(clientKey.map((byte, at) => byte ^ signature[at]!))
  sends(peer, 'response', base64(`${withoutProof},p=${lie.proof?.(proof) ?? proof.toString('base64')}`))
  const heard = await peer.hears(/<(success|failure) .*<\/\1>/)
  if (heard.startsWith('<success'))
    expect(heard).toContain(`>${base64(`v=${mac(mac(salted, 'Server Key'), message).toString('base64')}`)}<`)
  return heard
}
