import type { Element } from 'ltx'
import type { Output } from './output.js'
import { plain } from './text.js'

interface Stream {
  on(event: string, listener: (element: Element) => void): unknown
}

/** Authentication, in its two forms, and that of components (XEP-0114). */
const SECRET: ReadonlySet<string> = new Set(['urn:ietf:params:xml:ns:xmpp-sasl', 'urn:xmpp:sasl:2'])
const STANZAS: ReadonlySet<string> = new Set(['iq', 'presence', 'message'])

/** Shows what comes and goes; of authentication only that there was some. */
export function showStanzas(stream: Stream, err: Output): void {
  stream.on('element', (element) => err.line(`< ${shown(element)}`))
  stream.on('send', (element) => err.line(`> ${shown(element)}`))
}

function shown(element: Element): string {
  const isSecret = !STANZAS.has(element.name) && (element.name === 'handshake' || SECRET.has(element.getNS() ?? ''))
  return isSecret ? `<${element.name}>…` : plain(element.toString())
}
