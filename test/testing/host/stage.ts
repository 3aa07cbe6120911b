import type { Element } from 'ltx'
import { parse } from 'ltx/lib/ltx.js'
import { expect, onTestFinished } from 'vitest'
import { type HostOptions, TestHost } from '../../../src/testing/host.js'
import type { Guest, Link } from '../../../src/testing/peer.js'
import { attr, conditionOf, NS_ROSTER } from '../../../src/xmpp/codec.js'

export const ROMEO = 'romeo@localhost'
export const JULIET = 'juliet@localhost'
export const NURSE = 'nurse@localhost'
export const BOT = 'bot@gateway.localhost'

/** `romeo` is the account; everything else is said in full. */
const short = (jid: string | undefined): string => (jid ?? '(nobody)').replaceAll('@localhost', '')

const quoted = (text: string | null | undefined): string => (text === null || text === undefined ? '' : ` "${text}"`)

/** An item in a few words: `juliet both asked approved "Juliet" [Capulets]`. */
function itemInWords(item: Element): string {
  const groups = item.getChildren('group').map((group) => group.getText())
  return [
    short(attr(item, 'jid')),
    attr(item, 'subscription') ?? '(no subscription)',
    ...(attr(item, 'ask') === 'subscribe' ? ['asked'] : []),
    ...(attr(item, 'approved') === 'true' ? ['approved'] : []),
    ...(attr(item, 'name') === undefined ? [] : [`"${attr(item, 'name')}"`]),
    ...(groups.length === 0 ? [] : [`[${groups.join(', ')}]`]),
  ].join(' ')
}

function iqInWords(iq: Element): string {
  const type = attr(iq, 'type') ?? '(no type)'
  const id = attr(iq, 'id') ?? '(no id)'
  const roster = iq.getChild('query', NS_ROSTER)
  const items = (roster?.getChildren('item') ?? []).map(itemInWords).join(', ')
  if (type === 'error') return `${id}: error ${conditionOf(iq)}`
  if (roster !== undefined && type === 'set') return `push: ${items}`
  if (roster !== undefined && type === 'result') return `${id}: roster ${items === '' ? 'empty' : items}`
  if (type === 'result') return `${id}: result${iq.children.length === 0 ? '' : ` ${iq.children.join('')}`}`
  return `${id}: ${type} of ${short(attr(iq, 'from'))} to ${short(attr(iq, 'to'))}`
}

/** A stanza in a few words: `juliet/balcony > romeo: away "at lunch"`. */
export function inWords(xml: string): string {
  const stanza = parse(xml)
  if (stanza.name === 'iq') return iqInWords(stanza)
  const type = attr(stanza, 'type')
  const error = type === 'error' ? ` ${conditionOf(stanza)}` : ''
  const between = `${short(attr(stanza, 'from'))} > ${short(attr(stanza, 'to'))}`
  if (stanza.name === 'message') return `${between}: ${type ?? 'normal'}${error}${quoted(stanza.getChildText('body'))}`
  const what = type ?? stanza.getChildText('show') ?? 'available'
  return `${between}: ${what}${error}${quoted(stanza.getChildText('status'))}`
}

/** Somebody who is connected to the host without a socket: the test speaks for it and reads what it was sent. */
export class Person implements Link {
  readonly #host: TestHost
  #guest: Guest | undefined
  #unread: string[] = []
  readonly all: string[] = []
  /** How the connection has ended, if it has. */
  ended: string | undefined

  constructor(host: TestHost) {
    this.#host = host
  }

  /** The host's end. */
  get guest(): Guest {
    if (this.#guest === undefined) throw new Error('Not connected')
    return this.#guest
  }

  set guest(guest: Guest) {
    this.#guest = guest
  }

  get jid(): string {
    return this.guest.jid
  }

  send(xml: string): void {
    this.#host.note('out', this.#guest?.jid ?? '', xml)
    this.#unread.push(xml)
    this.all.push(xml)
  }

  end(condition?: string): void {
    this.#over(condition ?? 'closed')
  }

  cut(resume: boolean): void {
    if (resume) this.ended = 'waits'
    else this.#over('cut')
  }

  #over(how: string): void {
    if (this.ended !== undefined && this.ended !== 'waits') return
    this.ended = how
    this.guest.gone()
  }

  /** Sends stanzas, one after the other, and lets everything happen that follows. */
  async say(...stanzas: readonly string[]): Promise<void> {
    for (const xml of stanzas) {
      this.#host.note('in', this.jid, xml)
      this.guest.receive(parse(xml))
    }
    await this.#host.settled()
  }

  /** What was sent to it since the last look, as XML. */
  read(): readonly string[] {
    return this.#unread.splice(0)
  }

  /** The same in words. */
  heard(): readonly string[] {
    return this.read().map(inWords)
  }

  async leave(): Promise<void> {
    this.#over('closed')
    await this.#host.settled()
  }
}

export interface Stage {
  readonly host: TestHost
  /** Binds a resource; nothing is sent yet. */
  bind(username: string, resource?: string): Promise<Person>
  /** Asks for the roster and announces itself; nothing unread. */
  login(username: string, resource?: string, presence?: string): Promise<Person>
  /** Connects a component. */
  join(domain?: string): Promise<Person>
}

/** A host with romeo, juliet and the nurse, and a gateway that may connect. */
export function stage(options: HostOptions = {}): Stage {
  const host = new TestHost({
    accounts: { romeo: 'secret', juliet: 'secret', nurse: 'secret' },
    components: { 'gateway.localhost': 'secret' },
    ...options,
  })
  onTestFinished(() => host.close())
  const bind = async (username: string, resource = 'home'): Promise<Person> => {
    const person = new Person(host)
    person.guest = host.bind(username, resource, person)
    await host.settled()
    return person
  }
  return {
    host,
    bind,
    async login(username, resource, presence = '<presence/>') {
      const person = await bind(username, resource)
      await person.say(rosterGet('roster'), presence)
      person.read()
      return person
    },
    async join(domain = 'gateway.localhost') {
      const person = new Person(host)
      const guest = host.join(domain, person)
      expect(guest).toBeDefined()
      if (guest !== undefined) person.guest = guest
      return person
    },
  }
}

/** Both see each other, by their own doing; nothing unread. */
export async function befriend(a: Person, b: Person): Promise<void> {
  const bare = (person: Person): string => person.jid.split('/')[0] ?? ''
  await a.say(subscription('subscribe', bare(b)))
  await b.say(subscription('subscribed', bare(a)), subscription('subscribe', bare(a)))
  await a.say(subscription('subscribed', bare(b)))
  a.read()
  b.read()
}

export const subscription = (type: string, to: string): string => `<presence type='${type}' to='${to}'/>`

export const rosterGet = (id: string, ver?: string): string =>
  `<iq type='get' id='${id}'><query xmlns='jabber:iq:roster'${ver === undefined ? '' : ` ver='${ver}'`}/></iq>`

export const rosterSet = (id: string, ...items: readonly string[]): string =>
  `<iq type='set' id='${id}'><query xmlns='jabber:iq:roster'>${items.join('')}</query></iq>`
