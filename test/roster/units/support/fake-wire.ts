import type { Element } from 'ltx'
import { parse } from 'ltx/lib/ltx.js'
import { RosterError } from '../../../../src/core/errors.js'
import type { Send } from '../../../../src/core/step.js'
import type { Wire } from '../../../../src/roster/wire.js'

const unused = (): never => {
  throw new Error('A ledger does not need this')
}

/** A connection that notes what is written to it, as far as a ledger needs one. */
export interface FakeWire extends Wire {
  online: boolean
  /** Writes fail. */
  broken: boolean
  /** Writes do not end until `release`. */
  slow: boolean
  /** `subscribed juliet@example.com`, in order. */
  readonly written: string[]
  onWrite: ((what: string) => void) | undefined
  release(): void
}

/** What a send looks like on this wire. */
export const stanzaOf = ({ type, to }: Pick<Send, 'type' | 'to'>): Element =>
  parse(type === 'presence' ? `<presence to='${to}'/>` : `<presence type='${type}' to='${to}'/>`)

export function fakeWire(): FakeWire {
  const held: (() => void)[] = []
  const wire: FakeWire = {
    ...NO_MORE,
    online: true,
    broken: false,
    slow: false,
    written: [],
    onWrite: undefined,
    release: () => {
      for (const go of held.splice(0)) go()
    },
    isOnline: () => wire.online,
    parse: (xml) => (xml.startsWith('<presence') ? parse(xml) : undefined),
    read: ({ attrs }) => ({ type: attrs['type'], to: attrs['to'], nick: undefined, status: undefined }),
    async transmit({ attrs }) {
      if (wire.broken) throw new RosterError('NOT_CONNECTED', 'The socket is gone')
      const what = `${attrs['type'] ?? 'presence'} ${attrs['to']}`
      wire.written.push(what)
      wire.onWrite?.(what)
      if (wire.slow) await new Promise<void>((resolve) => held.push(resolve))
    },
  }
  return wire
}

const NO_MORE = {
  kind: 'component',
  features: { versioning: false, preapproval: false },
  self: unused,
  stanza: unused,
  presence: unused,
  announced: unused,
  isOurSubscription: unused,
  condition: unused,
  transmitMany: unused,
  question: unused,
  quiet: unused,
  forward: unused,
  detach: unused,
} as const
