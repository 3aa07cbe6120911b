import type { SubscriptionRequest } from '../../roster/events.js'
import { command } from '../command.js'
import { forEach } from '../each.js'
import { notFound } from '../errors.js'
import { contactsIn } from '../jids.js'
import { withRoster } from '../session.js'

export const authorize = command({
  name: 'authorize',
  summary: 'Let those see your presence who have asked for it',
  details:
    'The account becomes available for a moment, as for "requests". When one of the JIDs has not asked, nothing is sent for any.',
  arguments: [{ name: 'JID', description: 'Who has asked', many: true }],
  options: { subscribe: { type: 'flag', description: 'Ask for their presence as well' } },
  examples: ['authorize romeo@example.net --subscribe'],
  run(context, { options: { subscribe }, words }) {
    const contacts = contactsIn(words)
    return withRoster(context, {}, async ({ own, call, announce, settle }) => {
      await announce()
      const waiting = new Map(own.requests().map((request) => [request.contact, request]))
      const stranger = contacts.find((contact) => !waiting.has(contact))
      if (stranger !== undefined) throw notFound(`${stranger} does not wait for an answer; nothing was sent.`)
      const work = async (contact: string): Promise<string> => {
        const isAnswered = await grant(waiting.get(contact), { ...call, subscribe })
        if (!isAnswered) throw notFound(`${contact} does not wait for an answer any more.`)
        await settle()
        return `${contact} authorized`
      }
      return forEach(context, { title: 'Authorizing', contacts, signal: call.signal, work })
    })
  },
})

const grant = async (
  request: SubscriptionRequest | undefined,
  options: Parameters<SubscriptionRequest['authorize']>[0],
): Promise<boolean> => request?.authorize(options) ?? false
