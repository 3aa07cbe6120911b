import type { AdminItem, RosterAdmin } from '../../admin.js'
import { jsonOf } from '../data.js'
import { forEach } from '../each.js'
import { notFound, usage } from '../errors.js'
import { contactIn, contactsIn, domainIn, ownerIn, ownersIn } from '../jids.js'
import { FORCE, JSON_ARRAY, SUBSCRIPTIONS } from '../options.js'
import { confirm } from '../prompt.js'
import { pendingOf } from '../rows.js'
import { printTable } from '../table.js'
import { plain } from '../text.js'
import { underWay } from '../under-way.js'
import { type Opened, operation } from './place.js'

const DOMAIN = { domain: { type: 'text', value: 'DOMAIN', description: 'Only owners of this domain' } } as const
const OWNER = { name: 'OWNER', description: 'Whose roster' } as const

const owners = operation({
  name: 'owners',
  summary: 'List whose rosters there are',
  options: { ...DOMAIN, ...JSON_ARRAY },
  example: '--domain example.com',
  async run({ admin, call }, { out }, { options }) {
    const found: string[] = []
    for await (const owner of admin.owners(scopeOf(options.domain, call))) {
      if (options.json) found.push(owner)
      else out.line(plain(owner))
    }
    if (options.json) out.line(jsonOf(found))
    return undefined
  },
})

const scopeOf = (domain: string | undefined, call: Opened['call']): Parameters<RosterAdmin['owners']>[0] =>
  domain === undefined ? call : { ...call, domain: domainIn(domain, '--domain') }

const list = operation({
  name: 'list',
  summary: 'List the items of rosters',
  details: 'An owner that is not there has no items.',
  arguments: [{ ...OWNER, optional: true, many: true }],
  options: {
    domain: { ...DOMAIN.domain, description: 'The rosters of all owners of this domain' },
    all: { type: 'flag', description: 'The rosters of all owners' },
    ...JSON_ARRAY,
  },
  example: 'juliet@example.com',
  check({ options, words }) {
    exactlyOne(
      [words.length > 0, options.domain !== undefined, options.all],
      'Whose? OWNER, --domain or --all says it.',
    )
  },
  async run({ admin, call }, { out }, { options, words }) {
    const whose = words.length > 0 ? ownersIn(words) : admin.owners(scopeOf(options.domain, call))
    const rows: { readonly owner: string; readonly item: AdminItem }[] = []
    for await (const owner of whose) for (const item of await admin.list(owner, call)) rows.push({ owner, item })
    if (options.json) out.line(jsonOf(rows.map(({ owner, item }) => ({ owner, ...item, name: item.name ?? null }))))
    else if (words.length === 1)
      printTable(
        out,
        TITLES,
        rows.map(({ item }) => cellsOf(item)),
      )
    else
      printTable(
        out,
        ['OWNER', ...TITLES],
        rows.map(({ owner, item }) => [owner, ...cellsOf(item)]),
      )
    return undefined
  },
})

const TITLES = ['JID', 'NAME', 'SUBSCRIPTION', 'PENDING', 'GROUPS']

const cellsOf = (item: AdminItem): readonly string[] => {
  const { jid, name = '', subscription, groups } = item
  return [jid, name, subscription, pendingOf(item), groups.join(', ')]
}

/** @throws {CommandError} `USAGE` */
export function exactlyOne(given: readonly boolean[], otherwise: string): void {
  if (given.filter(Boolean).length !== 1) throw usage(otherwise)
}

const put = operation({
  name: 'put',
  summary: "Make or change an item in an owner's roster, on this side alone",
  details:
    'What is not named stays; a new item has no name, no groups and "none". The contact is neither asked nor told: "connect" writes\n' +
    'both sides.',
  arguments: [OWNER, { name: 'CONTACT', description: 'The contact' }],
  options: {
    name: { type: 'text', short: 'n', value: 'NAME', description: 'What the owner calls it; "" takes the name away' },
    group: { type: 'texts', short: 'g', value: 'GROUP', description: 'Its groups, all of them; "" for none' },
    subscription: { type: 'choice', short: 's', values: SUBSCRIPTIONS, description: 'The subscription' },
  },
  example: 'juliet@example.com romeo@example.net -n Romeo -g Friends -s both',
  async run({ admin, call }, context, { options, words: [owner = '', contact = ''] }) {
    const [whose, whom] = [ownerIn(owner), contactIn(contact)]
    const { name, subscription } = options
    const groups = groupsIn(options.group)
    const item = {
      ...(name === undefined ? {} : { name }),
      ...(groups === undefined ? {} : { groups }),
      ...(subscription === undefined ? {} : { subscription }),
    }
    await underWay(context, () => admin.put(whose, whom, item, call))
    context.out.line(plain(`${whom} written into the roster of ${whose}`))
    return undefined
  },
})

/** `undefined`: nothing was said of groups. @throws {CommandError} `USAGE` for "" beside a group */
function groupsIn(given: readonly string[]): readonly string[] | undefined {
  const groups = given.filter((group) => group !== '')
  if (groups.length > 0 && groups.length < given.length) throw usage('A group "" means none: it stands alone.')
  return given.length === 0 ? undefined : groups
}

const remove = operation({
  name: 'remove',
  summary: "Take items out of an owner's roster",
  details:
    "Asks first. What the contact's own roster keeps depends on the place: ejabberd lowers it to none, the others leave it.",
  arguments: [OWNER, { name: 'CONTACT', description: 'The contact', many: true }],
  options: FORCE,
  example: 'juliet@example.com romeo@example.net',
  async run({ admin, call }, context, { options, words: [owner = '', ...words] }) {
    const [whose, contacts] = [ownerIn(owner), contactsIn(words)]
    if (!options.force)
      await confirm(`Remove ${plain(contacts.join(', '))} from the roster of ${plain(whose)}?`, context)
    const work = async (contact: string): Promise<string> => {
      if (await admin.remove(whose, contact, call)) return `${contact} removed from the roster of ${whose}`
      throw notFound(`${contact} is not in the roster of ${whose}.`)
    }
    return forEach(context, { title: 'Removing', contacts, signal: call.signal, work })
  },
})

const PAIR = [
  { name: 'A', description: 'One of the two' },
  { name: 'B', description: 'The other one' },
] as const

const connecting = operation({
  name: 'connect',
  summary: 'Let two owners see each other: both rosters have the other with "both"',
  details: 'Names and groups that are there stay unless others are given. Doing it again changes nothing.',
  arguments: PAIR,
  options: {
    'name-a': { type: 'text', value: 'NAME', description: 'What A is called in the roster of B; "" for nothing' },
    'name-b': { type: 'text', value: 'NAME', description: 'What B is called in the roster of A; "" for nothing' },
    'group-a': { type: 'texts', value: 'GROUP', description: 'The groups of A in the roster of B; "" for none' },
    'group-b': { type: 'texts', value: 'GROUP', description: 'The groups of B in the roster of A; "" for none' },
  },
  example: 'romeo@example.com juliet@example.com --name-b Juliet',
  async run({ admin, call }, context, { options, words }) {
    const [a = '', b = ''] = words.map(ownerIn)
    const { connect } = await import('../../admin.js')
    const names = [options['name-a'], options['name-b']] as const
    const groups = [groupsIn(options['group-a']), groupsIn(options['group-b'])] as const
    await underWay(context, () => connect(admin, a, b, { ...call, names, groups }))
    context.out.line(plain(`${a} and ${b} connected`))
    return undefined
  },
})

const disconnecting = operation({
  name: 'disconnect',
  summary: 'End what "connect" has made: each goes out of the roster of the other',
  details:
    'Asks first, and ends each half that is there. Exit code 16, and nothing is written, when neither has the other with "both".',
  arguments: PAIR,
  options: {
    keep: { type: 'choice', values: ['to', 'from', 'none'], description: 'B stays in the roster of A with this' },
    ...FORCE,
  },
  example: 'romeo@example.com juliet@example.com --keep to',
  async run({ admin, call }, context, { options, words }) {
    const [a = '', b = ''] = words.map(ownerIn)
    const { disconnect } = await import('../../admin.js')
    if (!options.force) await confirm(`Disconnect ${plain(a)} and ${plain(b)}?`, context)
    const { keep } = options
    const how = { ...call, ...(keep === undefined ? {} : { keep }) }
    const were = await underWay(context, () => disconnect(admin, a, b, how))
    if (!were) throw notFound(`${a} and ${b} are not connected; nothing was written.`)
    context.out.line(plain(`${a} and ${b} disconnected`))
    return undefined
  },
})

const pairs = operation({
  name: 'pairs',
  summary: 'List the owners that see each other, each pair once',
  options: { ...DOMAIN, ...JSON_ARRAY },
  example: '--domain example.com',
  async run({ admin, call }, { out }, { options }) {
    const { connectedPairs } = await import('../../admin.js')
    const found: (readonly [string, string])[] = []
    for await (const pair of connectedPairs(admin, scopeOf(options.domain, call))) {
      if (options.json) found.push(pair)
      else out.line(pair.map(plain).join('\t'))
    }
    if (options.json) out.line(jsonOf(found))
    return undefined
  },
})

/** What is done with items, in the order of the help. */
export const ITEM_OPERATIONS = [owners, list, put, remove, connecting, disconnecting, pairs]
