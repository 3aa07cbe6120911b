import type { Context } from './context.js'
import { forEach } from './each.js'
import type { Session } from './session.js'

/** Deletes contacts, one after the other, and says so; resolves with the exit code. */
export function deleteContacts({ own, call }: Session, contacts: readonly string[], context: Context): Promise<number> {
  const work = async (contact: string): Promise<string> =>
    (await own.remove(contact, call)) ? `${contact} deleted` : `${contact} was gone already`
  return forEach(context, { title: 'Deleting', contacts, signal: call.signal, work })
}
