import { createHash } from 'node:crypto'
import { headerTo, type RawPeer } from '../connection/support/raw.js'

export const GATEWAY = 'gateway.localhost'
export const SECRET = 'hush'
const PING = "<ping xmlns='urn:xmpp:ping'/>"

export const portOf = (address: string): number => Number(address.split(':').at(-1))

/** The header of a component's stream. */
export const componentHeader = (domain = GATEWAY): string => headerTo(domain, 'jabber:component:accept', '')

/** XEP-0114 §3: what a component shows of its secret on a stream with this header. */
export function handshakeFor(header: string, secret = SECRET): string {
  const id = / id='(\w+)'/.exec(header)?.[1] ?? ''
  return `<handshake>${createHash('sha1')
    .update(id + secret)
    .digest('hex')}</handshake>`
}

let questions = 0

/** What a peer has to say last: the answer comes behind all that was written to it before. */
export async function settled(peer: RawPeer): Promise<string> {
  questions += 1
  const id = `settled-${questions}`
  peer.send(`<iq type='get' id='${id}' to='localhost'>${PING}</iq>`)
  return peer.hears(new RegExp(`<iq [^>]*id="${id}"[^>]*/>`))
}
