import type { Element } from 'ltx/lib/ltx.js'
import { type ClientOptions, connectClient, type FreshUser, freshUser, xml } from './connect.js'
import { watchStreamManagement } from './enabled.js'
import type { TestClient, TestEntity } from './entity.js'
import { type Recording, record, until } from './record.js'
import { settled } from './settle.js'
import type { TestedServer } from './types.js'

const NS_ROSTER = 'jabber:iq:roster'

/** Says a presence in a word or two: `subscribed`, `available`, `away "lunch"`. */
const brief = (stanza: Element): string => {
  const word = stanza.attrs['type'] ?? stanza.getChildText('show') ?? 'available'
  const status = stanza.getChildText('status')
  return status === null ? String(word) : `${word} "${status}"`
}

const bare = (jid: unknown): string => String(jid).split('/')[0] ?? ''

/** The presences of a conversation, each in a word or two. `undefined`: whoever. */
export const presences = (
  log: Recording,
  direction: 'in' | 'out',
  from: string | undefined,
  to?: string,
): readonly string[] =>
  log.all
    .filter((entry) => entry.direction === direction && entry.stanza.is('presence'))
    .filter(({ stanza }) => from === undefined || bare(stanza.attrs['from']) === from)
    .filter(({ stanza }) => to === undefined || bare(stanza.attrs['to']) === to)
    .map(({ stanza }) => brief(stanza))

/** Somebody with an ordinary client: plain xmpp.js, who decides everything herself. */
export interface Human extends FreshUser {
  readonly client: TestClient
  readonly log: Recording
  /** Sends a subscription stanza, as a person does who presses a button. */
  says(type: 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed', to: string): Promise<void>
  /** Presences that came from a contact since `log.clear()`. */
  hears(contact: string): readonly string[]
  /** Waits until a presence came from a contact. */
  hearing(contact: string, what: string): Promise<unknown>
  /** What her server keeps of a contact: `none`, `none+out`, `to` and so on; RFC 6121 hides what is pending in. */
  sees(contact: string): Promise<string>
  /** Removes a contact from her roster. */
  removes(contact: string): Promise<void>
}

const rosterGet = (): Element => xml('iq', { type: 'get' }, xml('query', { xmlns: NS_ROSTER }))

const itemOf = async (client: TestEntity, contact: string): Promise<string> => {
  const result = await client.iqCaller.request(rosterGet())
  const items = result.getChild('query', NS_ROSTER)?.getChildren('item') ?? []
  const item = items.find(({ attrs }) => attrs['jid'] === contact)
  if (item === undefined) return 'none'
  return `${item.attrs['subscription']}${item.attrs['ask'] === 'subscribe' ? '+out' : ''}`
}

/** Fetches the roster, and is there: at every login, as clients do, once xmpp.js counts stanzas. */
const appear = async (client: TestEntity, managed: () => Promise<void>): Promise<void> => {
  await managed()
  await client.iqCaller.request(rosterGet())
  await client.send(xml('presence'))
}

/** Logs an account in, fetches its roster and announces it. */
export const human = async (
  server: TestedServer,
  user: FreshUser,
  options: Omit<ClientOptions, 'username'> = {},
): Promise<Human> => {
  const recordings: Recording[] = []
  const watched: (() => Promise<void>)[] = []
  const client = await connectClient(server, {
    ...options,
    ...user,
    before: (entity) => {
      recordings.push(record(entity))
      watched.push(watchStreamManagement(entity))
    },
  })
  const log = recordings[0] as Recording
  const managed = watched[0] as () => Promise<void>
  await appear(client, managed)
  // Until the server has taken note, what is asked meanwhile counts as asked before: ejabberd then tells a bare extract.
  await settled(client)
  client.on('online', () => void appear(client, managed).catch(() => undefined))
  const hears = (contact: string): readonly string[] => presences(log, 'in', contact)
  const { domain } = server
  return {
    ...user,
    client,
    log,
    hears,
    says: (type, to) => client.send(xml('presence', { type, to })),
    hearing: (contact, what) =>
      until(() => hears(contact).includes(what), `${user.username} hears "${what}" from ${contact}`),
    sees: (contact) => itemOf(client, contact),
    removes: async (contact) => {
      const item = xml('item', { jid: contact, subscription: 'remove' })
      await client.iqCaller.request(xml('iq', { type: 'set' }, xml('query', { xmlns: NS_ROSTER }, item)))
    },
    jid: `${user.username}@${domain}`,
  }
}

/** A new account with an ordinary client. */
export const freshHuman = async (server: TestedServer, base: string): Promise<Human> =>
  human(server, await freshUser(server, base))

/** The items that were pushed to somebody: `romeo@localhost both "Romeo" Friends`. */
export const pushed = ({ log }: Human): readonly string[] =>
  log
    .incoming('iq', 'set')
    .flatMap((iq) => iq.getChild('query', NS_ROSTER)?.getChildren('item') ?? [])
    .map((item) => {
      const { jid, subscription, name } = item.attrs
      const groups = item.getChildren('group').map((group) => group.getText())
      return [jid, subscription, ...(name === undefined ? [] : [`"${name}"`]), ...groups].join(' ')
    })
