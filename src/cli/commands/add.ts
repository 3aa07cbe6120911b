import type { RosterItemPatch } from '../../core/item.js'
import { command } from '../command.js'
import { contactIn } from '../jids.js'
import { withRoster } from '../session.js'
import { ITEM_OPTIONS, write } from './set.js'
import { ask } from './subscribe.js'

const OPTIONS = {
  ...ITEM_OPTIONS,
  subscribe: { type: 'flag', description: 'Ask for the presence of the contact as well' },
} as const

export const add = command({
  name: 'add',
  summary: 'Add a contact',
  details: 'One that is there already gets the name and the groups that are given; the others stay.',
  arguments: [{ name: 'JID', description: 'The contact' }],
  options: OPTIONS,
  examples: ['add romeo@example.net -n Romeo -g Friends --subscribe'],
  run(context, { options, words: [word = ''] }) {
    const contact = contactIn(word)
    const { name, group, subscribe } = options
    const patch: RosterItemPatch = { ...(name === undefined ? {} : { name }), groups: { add: group } }
    return withRoster(context, {}, async (session) => {
      await write(session, contact, patch, context)
      return subscribe ? ask(session, [contact], {}, context) : undefined
    })
  },
})
