import { hasPendingOut, hasTo } from '../../core/state.js'
import { command } from '../command.js'
import { forEach } from '../each.js'
import { notFound } from '../errors.js'
import { contactsIn } from '../jids.js'
import { withRoster } from '../session.js'

export const unsubscribe = command({
  name: 'unsubscribe',
  summary: "Give up contacts' presence, or the request for it",
  details:
    'The contacts stay in the roster, and go on to see your presence where they do. When one of them was not asked, nothing is sent.',
  arguments: [{ name: 'JID', description: 'The contact', many: true, completes: 'contact' }],
  options: {},
  examples: ['unsubscribe romeo@example.net'],
  run(context, { words }) {
    const contacts = contactsIn(words)
    return withRoster(context, {}, async ({ own, call, settle }) => {
      const stranger = contacts.find((contact) => {
        const state = own.state(contact)
        return !hasTo(state) && !hasPendingOut(state)
      })
      if (stranger !== undefined)
        throw notFound(`There is no subscription to ${stranger}, and no request for one; nothing was sent.`)
      const work = async (contact: string): Promise<string> => {
        await own.unsubscribe(contact, call)
        await settle()
        return `${contact} is not subscribed to any more`
      }
      return forEach(context, { title: 'Unsubscribing', contacts, signal: call.signal, work })
    })
  },
})
