import type { SubscriptionState } from '../../../src/index.js'
import type { Note } from './messages.js'

const isGranted = (state: SubscriptionState | undefined): boolean =>
  state !== undefined && (state.startsWith('from') || state === 'both')

const bareOf = (jid: string): string => jid.split('/', 1)[0] ?? jid

/** Every stanza that grants presence to somebody who is not granted it by what the process has read or stored by then. */
export function unfounded(notes: readonly Note[]): readonly string[] {
  const known = new Map<string, Map<string, SubscriptionState>>()
  const found: string[] = []
  for (const note of notes) {
    if (note.kind === 'born') known.clear()
    else if (note.kind === 'known') {
      const roster = note.whole ? new Map() : (known.get(note.owner) ?? new Map())
      known.set(note.owner, roster)
      for (const contact of note.remove) roster.delete(contact)
      for (const [contact, state] of note.put) roster.set(contact, state)
    } else if (note.kind === 'sends' && grants(note.type)) {
      const state = known.get(bareOf(note.from))?.get(bareOf(note.to))
      if (!isGranted(state)) found.push(`${note.from} > ${note.to}: ${note.type ?? 'available'} in state ${state}`)
    }
  }
  return found
}

/** RFC 6121 §3.1.5 and §4.2.2: a stanza that says that presence is shared, or shares it. */
export const grants = (type: string | undefined): boolean => type === undefined || type === 'subscribed'
