import { command } from '../command.js'
import { forEach } from '../each.js'
import { notFound } from '../errors.js'
import { contactsIn } from '../jids.js'
import { type Session, withRoster } from '../session.js'
import { spoken } from '../spoken.js'

export const deny = command({
  name: 'deny',
  summary: 'Decline requests, or take back what was granted: your presence is not shown to them any more',
  details:
    'The account becomes available for a moment, as for "requests". When there is nothing to decline or to take back for one of the\n' +
    'JIDs, nothing is sent for any.',
  arguments: [{ name: 'JID', description: 'Who has asked, or sees your presence', many: true, completes: 'contact' }],
  options: { status: { type: 'text', value: 'TEXT', description: 'Words for the contact to read' } },
  examples: ['deny tybalt@example.net --status "Not today"'],
  run(context, { options, words }) {
    const contacts = contactsIn(words)
    const status = spoken(options.status, '--status')
    return withRoster(context, {}, async (session) => {
      const { own, call, announce, settle } = session
      await announce()
      const stranger = contacts.find((contact) => !hasSomething(session, contact))
      if (stranger !== undefined)
        throw notFound(`${stranger} neither waits for an answer nor sees your presence; nothing was sent.`)
      const work = async (contact: string): Promise<string> => {
        await own.unauthorize(contact, { ...call, ...(status === undefined ? {} : { status }) })
        await settle()
        return `${contact} denied`
      }
      return forEach(context, { title: 'Denying', contacts, signal: call.signal, work })
    })
  },
})

function hasSomething({ own }: Session, contact: string): boolean {
  const item = own.get(contact)
  const sees = item?.subscription === 'from' || item?.subscription === 'both' || item?.approved === true
  return sees || own.requests().some((request) => request.contact === contact)
}
