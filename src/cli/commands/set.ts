import { patchItem, type RosterItemPatch } from '../../core/item.js'
import { command } from '../command.js'
import type { Context } from '../context.js'
import { notFound, usage } from '../errors.js'
import { contactIn } from '../jids.js'
import { PROGRAM } from '../program.js'
import { type Session, withRoster } from '../session.js'
import { plain } from '../text.js'
import { underWay } from '../under-way.js'

/** Options of whatever writes a contact's name and groups. */
export const ITEM_OPTIONS = {
  name: { type: 'text', short: 'n', value: 'NAME', description: 'What you call the contact; "" takes the name away' },
  group: {
    type: 'texts',
    short: 'g',
    value: 'GROUP',
    completes: 'group',
    description: 'A group to put the contact into',
  },
} as const

const OPTIONS = {
  ...ITEM_OPTIONS,
  ungroup: { type: 'texts', value: 'GROUP', completes: 'group', description: 'A group to take the contact out of' },
  replace: {
    type: 'flag',
    short: 'R',
    description:
      'Write the contact as it is given here: what is not given goes, and a contact that is not there is made',
  },
} as const

export const set = command({
  name: 'set',
  summary: "Change a contact's name and groups",
  details:
    'What is not named stays as it is, and where nothing differs nothing is sent. A contact that is not in the roster is an error:\n' +
    '"xmpp-roster add" adds one, and so does -R. Subscriptions are not touched.',
  arguments: [{ name: 'JID', description: 'The contact', completes: 'contact' }],
  options: OPTIONS,
  examples: [
    'set romeo@example.net -n Romeo -g Friends -g Verona',
    'set romeo@example.net --ungroup Verona',
    'set romeo@example.net -n ""',
    'set romeo@example.net -R -g Friends',
  ],
  async run(context, { options, words: [word = ''] }) {
    const contact = contactIn(word)
    const { name, group, ungroup, replace } = options
    if (replace && ungroup.length > 0)
      throw usage('With -R there is nothing to take a contact out of: leave --ungroup out.')
    if (!replace && name === undefined && group.length + ungroup.length === 0)
      throw usage('What should be changed? -n, -g, --ungroup or -R says it.')
    const both = group.find((one) => ungroup.includes(one))
    if (both !== undefined) throw usage(`-g and --ungroup both name ${plain(both)}.`)
    const patch: RosterItemPatch = replace
      ? { name: name ?? null, groups: group }
      : { ...(name === undefined ? {} : { name }), groups: { add: group, remove: ungroup } }
    await withRoster(context, {}, async (session) => {
      if (!replace && !session.own.has(contact))
        throw notFound(`${contact} is not in the roster; nothing was sent. "${PROGRAM} add ${contact}" adds it.`)
      await write(session, contact, patch, context)
    })
    return undefined
  },
})

/** Sends what differs, and says what was done. */
export async function write(
  { own, call }: Session,
  contact: string,
  patch: RosterItemPatch,
  context: Context,
): Promise<void> {
  const { out } = context
  const known = own.get(contact)
  if (known !== undefined && patchItem(contact, known, patch) === known) {
    out.line(`${plain(contact)} unchanged`)
    return
  }
  await underWay(context, () => own.update(contact, patch, call))
  out.line(`${plain(contact)} ${known === undefined ? 'added' : 'changed'}`)
}
