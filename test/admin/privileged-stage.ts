import type { Element } from 'ltx'
import { expect, onTestFinished } from 'vitest'
import { privilegedAdmin } from '../../src/admin.js'
import { type ManualClock, manualClock } from '../../src/testing/clock.js'
import { FakeComponent, turn } from '../support/fake-component.js'

export const DOMAIN = 'bots.example'
export const HOST = 'home.example'
export const JULIET = `juliet@${HOST}`
export const ROMEO = `romeo@${HOST}`

type Options = NonNullable<Parameters<typeof privilegedAdmin>[1]>

export interface AdvertisementOptions {
  readonly from?: string
  readonly namespace?: string
  readonly attributes?: string
}

/** What a host says behind the handshake. */
export const advertisement = (perms: string, options: AdvertisementOptions = {}): string => {
  const { from = HOST, namespace = 'urn:xmpp:privilege:2', attributes = '' } = options
  return `<message from="${from}" to="${DOMAIN}" ${attributes}><privilege xmlns="${namespace}">${perms}</privilege></message>`
}

export const roster = (type: string): string => `<perm access="roster" type="${type}"/>`

/** A component whose server is the test, and an administrator over it. */
export interface PrivilegedStage {
  readonly fake: FakeComponent
  readonly clock: ManualClock
  readonly admin: ReturnType<typeof privilegedAdmin>
  /** What was asked since the last look, in words: `set juliet: romeo "Ro" [friends] both`. */
  asked(): readonly string[]
  /** Answers the last request: a get with these items, a set with nothing. */
  answer(items?: string, attributes?: Readonly<Record<string, string>>): Promise<void>
  refuse(condition: string): Promise<void>
}

/** @param type what the host grants; `null`: it says nothing */
export async function privilegedStage(options: Options = {}, type: string | null = 'both'): Promise<PrivilegedStage> {
  const clock = manualClock(0)
  const fake = new FakeComponent(DOMAIN)
  const admin = privilegedAdmin(fake.entity, { clock, ...options })
  onTestFinished(() => expect(fake.errors).toEqual([]))
  fake.online()
  if (type !== null) fake.receive(advertisement(roster(type)))
  return stageOf(fake, clock, admin)
}

export function stageOf(
  fake: FakeComponent,
  clock: ManualClock,
  admin: ReturnType<typeof privilegedAdmin>,
): PrivilegedStage {
  let last: Element | undefined
  const take = (): readonly Element[] => {
    const sent = fake.sent()
    last = sent.at(-1) ?? last
    return sent
  }
  const reply = async (type: string, children: string, attributes: Readonly<Record<string, string>>): Promise<void> => {
    take()
    const attrs = { from: last?.attrs['to'], to: DOMAIN, id: last?.attrs['id'], type, ...attributes }
    const text = Object.entries(attrs).map(([name, value]) => `${name}="${value}"`)
    fake.receive(`<iq ${text.join(' ')}>${children}</iq>`)
    await turn()
  }
  return {
    fake,
    clock,
    admin,
    asked: () => take().map(inWords),
    answer: (items, attributes = {}) =>
      reply('result', items === undefined ? '' : `<query xmlns="jabber:iq:roster">${items}</query>`, attributes),
    refuse: (condition) =>
      reply('error', `<error type="cancel"><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>`, {}),
  }
}

const short = (jid: unknown): string => String(jid).replace(`@${HOST}`, '')

function inWords(iq: Element): string {
  const query = iq.getChild('query', 'jabber:iq:roster')
  const items = (query?.getChildren('item') ?? []).map((item) => {
    const { jid, name, subscription } = item.attrs as Record<string, string | undefined>
    const groups = item.getChildren('group').map((group) => group.getText())
    return [
      short(jid),
      ...(name === undefined ? [] : [`"${name}"`]),
      ...(groups.length === 0 ? [] : [`[${groups.join()}]`]),
      ...(subscription === undefined ? [] : [subscription]),
    ].join(' ')
  })
  return [`${iq.attrs['type']} ${short(iq.attrs['to'])}`, ...items].join(': ')
}
