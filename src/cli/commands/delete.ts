import { command } from '../command.js'
import { deleteContacts } from '../deleting.js'
import { notFound } from '../errors.js'
import { contactsIn } from '../jids.js'
import { FORCE } from '../options.js'
import { confirm } from '../prompt.js'
import { withRoster } from '../session.js'
import { plain } from '../text.js'

/** Named so that `delete` can be a command. */
export const remove = command({
  name: 'delete',
  summary: 'Delete contacts, and end the subscriptions with them',
  details: 'Asks first. When one of the contacts is not in the roster, nothing is sent for any of them.',
  arguments: [{ name: 'JID', description: 'The contact', many: true, completes: 'contact' }],
  options: FORCE,
  examples: ['delete romeo@example.net', 'delete -f romeo@example.net tybalt@example.net'],
  run(context, { options, words }) {
    const contacts = contactsIn(words)
    return withRoster(context, {}, async (session) => {
      const { own } = session
      const stranger = contacts.find((contact) => !own.has(contact))
      if (stranger !== undefined) throw notFound(`${stranger} is not in the roster; nothing was sent.`)
      if (!options.force) await confirm(`Delete ${plain(contacts.join(', '))} from the roster?`, context)
      return deleteContacts(session, contacts, context)
    })
  },
})
