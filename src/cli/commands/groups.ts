import { command } from '../command.js'
import type { Context } from '../context.js'
import { jsonOf } from '../data.js'
import { forEach } from '../each.js'
import { notFound, usage } from '../errors.js'
import { FORCE } from '../options.js'
import { confirm } from '../prompt.js'
import { type Session, withRoster } from '../session.js'
import { printTable } from '../table.js'
import { amountOf, plain } from '../text.js'

const rename = command({
  name: 'rename',
  summary: 'Rename a group: its contacts go from one to the other',
  details: 'When there is a group of the new name already, it has the contacts of both afterwards.',
  arguments: [
    { name: 'GROUP', description: 'The group', completes: 'group' },
    { name: 'NAME', description: 'What it is called from now on' },
  ],
  options: {},
  examples: ['groups rename Friends "Old friends"'],
  run(context, { words: [from = '', to = ''] }) {
    if (to === '') throw usage('A group needs a name.')
    if (from === to) throw usage('That is its name already.')
    return withRoster(context, {}, (session) => {
      return regroup(session, from, { title: 'Renaming', add: [to], said: `moved to ${to}` }, context)
    })
  },
})

const remove = command({
  name: 'delete',
  summary: 'Delete a group; its contacts stay',
  details: 'Asks first.',
  arguments: [{ name: 'GROUP', description: 'The group', completes: 'group' }],
  options: FORCE,
  examples: ['groups delete Enemies'],
  run(context, { options, words: [group = ''] }) {
    return withRoster(context, {}, async (session) => {
      const { length } = contactsOf(session, group)
      if (!options.force)
        await confirm(`Take ${amountOf(length, 'contact')} out of the group ${plain(group)}?`, context)
      return regroup(session, group, { title: 'Deleting', add: [], said: `taken out of ${group}` }, context)
    })
  },
})

export const groups = command({
  name: 'groups',
  summary: 'List the groups, rename or delete one',
  options: { json: { type: 'flag', description: 'One JSON array; the group null has those in none' } },
  examples: ['groups', 'groups --json', 'groups rename Friends "Old friends"'],
  commands: [rename, remove],
  async run(context, { options }) {
    const counts = await withRoster(context, { reads: true }, async ({ own }) => {
      return [...own.groups()].map(([group, items]) => ({ group, contacts: items.length }))
    })
    const sorted = counts.sort((a, b) => (a.group < b.group ? -1 : 1))
    if (options.json)
      context.out.line(jsonOf(sorted.map(({ group, contacts }) => ({ group: group === '' ? null : group, contacts }))))
    else
      printTable(
        context.out,
        ['GROUP', 'CONTACTS'],
        sorted.map(({ group, contacts }) => [group === '' ? '(none)' : group, String(contacts)]),
      )
    return undefined
  },
})

function contactsOf({ own }: Session, group: string): readonly string[] {
  const contacts = [...own.values()].filter((item) => item.groups.includes(group)).map(({ jid }) => jid)
  if (contacts.length === 0) throw notFound(`There is no group ${group}; nothing was sent.`)
  return contacts
}

function regroup(
  session: Session,
  group: string,
  { title, add, said }: { readonly title: string; readonly add: readonly string[]; readonly said: string },
  context: Context,
): Promise<number> {
  const { own, call } = session
  const work = async (contact: string): Promise<string> => {
    await own.update(contact, { groups: { add, remove: [group] } }, call)
    return `${contact} ${said}`
  }
  return forEach(context, { title, contacts: contactsOf(session, group), signal: call.signal, work })
}
