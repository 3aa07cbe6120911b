import { RosterError } from '../../core/errors.js'
import { hasTo } from '../../core/state.js'
import { command } from '../command.js'
import type { Context } from '../context.js'
import { forEach } from '../each.js'
import { contactsIn } from '../jids.js'
import { type Session, withRoster } from '../session.js'
import { spoken } from '../spoken.js'

export const subscribe = command({
  name: 'subscribe',
  summary: "Ask for contacts' presence",
  details:
    'Done when the server has taken the request, not when the contact grants it. A contact that is not in the roster is added\n' +
    'by the server. One whose presence the account has already is not asked again.',
  arguments: [{ name: 'JID', description: 'Whom to ask', many: true, completes: 'contact' }],
  options: {
    status: { type: 'text', value: 'TEXT', description: 'Words for the contact to read' },
    nick: { type: 'text', value: 'NAME', description: 'What you call yourself (XEP-0172)' },
  },
  examples: ['subscribe romeo@example.net --status "It is me, Juliet"'],
  run(context, { options, words }) {
    const contacts = contactsIn(words)
    const [status, nick] = [spoken(options.status, '--status'), spoken(options.nick, '--nick')]
    const wording = { ...(status === undefined ? {} : { status }), ...(nick === undefined ? {} : { nick }) }
    return withRoster(context, {}, (session) => ask(session, contacts, wording, context))
  },
})

/** Asks each contact for its presence; what the server refuses at once is a failure. */
export async function ask(
  { roster, own, call, settle }: Session,
  contacts: readonly string[],
  wording: { readonly status?: string; readonly nick?: string },
  context: Context,
): Promise<number> {
  const refused = new Map<string, string>()
  roster.on('failed', ({ contact, condition }) => refused.set(contact, condition))
  const work = async (contact: string): Promise<string> => {
    if (hasTo(own.state(contact))) return `${contact} is subscribed to already`
    await own.subscribe(contact, { ...call, ...wording })
    await settle()
    const condition = refused.get(contact)
    if (condition === undefined) return `${contact} asked`
    throw new RosterError('REFUSED', `The request to ${contact} came back: ${condition}.`, { condition, contact })
  }
  return forEach(context, { title: 'Asking', contacts, signal: call.signal, work })
}
