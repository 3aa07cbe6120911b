import type { Socket } from 'node:net'
import { client, xml } from '@xmpp/client'
import type { Element } from 'ltx/lib/ltx.js'
import { watchStreamManagement } from '../../servers/support/enabled.js'
import type { TestClient } from '../../servers/support/entity.js'
import { itemInWords, type LogIn, type Person, presenceInWords, type SeenItem } from './person.js'

const NS_ROSTER = 'jabber:iq:roster'

const seen = (item: Element): SeenItem => ({
  jid: item.attrs['jid'],
  subscription: item.attrs['subscription'],
  asked: item.attrs['ask'] === 'subscribe',
  name: item.attrs['name'],
  groups: item.getChildren('group').map((group) => group.getText()),
})

const itemsIn = (query: Element): readonly string[] =>
  query
    .getChildren('item')
    .map((item) => itemInWords(seen(item)))
    .sort()

/** xmpp.js as it is: what it does not know of rosters is written by hand, as its users do without this library. */
class XmppJsPerson implements Person {
  readonly #entity: TestClient
  #heard: string[] = []
  version: string | undefined

  constructor(entity: TestClient, version: string | undefined) {
    this.#entity = entity
    this.version = version
    entity.on('stanza', (stanza: Element) => {
      const { from, type } = stanza.attrs
      if (stanza.is('presence')) this.#heard.push(presenceInWords(from, type, stanza.getChildText('show') ?? undefined))
    })
    entity.iqCallee.set(NS_ROSTER, 'query', ({ element }: { readonly element: Element }) => {
      this.version = element.attrs['ver'] ?? this.version
      this.#heard.push(`push ${itemsIn(element).join(', ')}`)
      return true
    })
  }

  get jid(): string {
    return String(this.#entity.jid)
  }

  async roster(): Promise<readonly string[] | 'current'> {
    const query = xml('query', { xmlns: NS_ROSTER, ver: this.version ?? '' })
    const result = await this.#entity.iqCaller.request(xml('iq', { type: 'get' }, query))
    const roster = result.getChild('query', NS_ROSTER)
    if (roster === undefined) return 'current'
    this.version = roster.attrs['ver']
    return itemsIn(roster)
  }

  async update(jid: string, item: { readonly name?: string; readonly groups?: readonly string[] }): Promise<void> {
    const { name, groups = [] } = item
    const attrs = name === undefined ? { jid } : { jid, name }
    await this.#set(xml('item', attrs, ...groups.map((group) => xml('group', {}, group))))
  }

  async remove(jid: string): Promise<void> {
    await this.#set(xml('item', { jid, subscription: 'remove' }))
  }

  async #set(item: Element): Promise<void> {
    const iq = xml('iq', { type: 'set' }, xml('query', { xmlns: NS_ROSTER }, item))
    await this.#entity.iqCaller.request(iq).catch((error: { readonly condition?: string }) => {
      throw new Error(error.condition ?? 'no answer', { cause: error })
    })
  }

  async says(type: string, to: string): Promise<void> {
    await this.#entity.send(xml('presence', { type, to }))
  }

  async announce(show?: string): Promise<void> {
    await this.#entity.send(xml('presence', {}, ...(show === undefined ? [] : [xml('show', {}, show)])))
  }

  async ping(): Promise<void> {
    const to = this.#entity.options.domain ?? ''
    await this.#entity.iqCaller.request(xml('iq', { type: 'get', to }, xml('ping', { xmlns: 'urn:xmpp:ping' })))
  }

  heard(): readonly string[] {
    return this.#heard.splice(0)
  }

  async survives(cut: () => void): Promise<void> {
    const { reconnect, streamManagement } = this.#entity
    const resumed = new Promise<void>((resolve) => streamManagement.on('resumed', resolve))
    reconnect.delay = 10
    reconnect.start()
    cut()
    await resumed
    reconnect.stop()
  }

  async leave(): Promise<void> {
    if (this.#entity.status === 'online') await this.#entity.stop()
  }
}

/** Logs in with what xmpp.js chooses itself, SCRAM. */
export const logInWithXmppJs: LogIn = async ({ version, ...options }) => {
  const entity = client(options) as unknown as TestClient
  // Without a listener an error event ends the process; start() rejects with the same error anyway.
  entity.on('error', () => undefined)
  entity.on('connect', () => (entity.socket as Partial<Socket> | null)?.setNoDelay?.(true))
  entity.reconnect.stop()
  const managed = watchStreamManagement(entity)
  const person = new XmppJsPerson(entity, version)
  await entity.start()
  await managed()
  return person
}
