import { expect, test } from 'vitest'
import type { Person } from './person.js'

/** Where a conversation takes place. */
export interface Place {
  /** A new account: its bare JID. */
  account(base: string): Promise<string>
  /** Logs in; whoever is still there at the end of the test is logged out. */
  enter(jid: string, resource: string, options?: { readonly version?: string | undefined }): Promise<Person>
  /** Rejects with what the client makes of a wrong password. */
  enterWrongly(jid: string): Promise<unknown>
  /** Whether the server says what RFC 6121 says, no more and no less, and in its order. Prosody says more here and less there. */
  readonly isStrict: boolean
  /** Breaks the connection of a session as a network does; `undefined`: nobody can here. */
  readonly cut?: (jid: string) => void
}

const compare = ({ isStrict }: Place, heard: readonly string[], expected: readonly string[]): void => {
  if (isStrict) expect(heard).toEqual(expected)
  else expect(heard).toEqual(expect.arrayContaining([...expected]))
}

/** Everybody has heard everything that was said so far: the server handles what it is told one after the other. */
export const settled = async (...people: readonly Person[]): Promise<void> => {
  for (const person of people) await person.ping()
}

const lookAway = async (...people: readonly Person[]): Promise<void> => {
  await settled(...people)
  for (const person of people) person.heard()
}

/** Somebody who has fetched the roster and is there. */
const present = async (place: Place, jid: string, resource = 'home'): Promise<Person> => {
  const person = await place.enter(jid, resource)
  await person.roster()
  await person.announce()
  await settled(person)
  compare(place, person.heard(), [`${person.jid} available`])
  return person
}

/** Two people, and the order in which they do what follows from what the other does. */
const meet = async (place: Place) => {
  const [romeo, juliet] = [await place.account('romeo'), await place.account('juliet')]
  return { romeo, juliet, he: await present(place, romeo), she: await present(place, juliet) }
}

const befriended = async (place: Place) => {
  const all = await meet(place)
  const { romeo, juliet, he, she } = all
  await he.says('subscribe', juliet)
  await settled(he, she)
  await she.says('subscribed', romeo)
  await she.says('subscribe', romeo)
  await settled(she, he)
  await he.says('subscribed', juliet)
  await lookAway(he, she)
  return all
}

const items = (place: Place): void => {
  test('a first roster is empty; what is set, changed and removed is answered, pushed and there', async () => {
    const [romeo, juliet, nurse] = [
      await place.account('romeo'),
      await place.account('juliet'),
      await place.account('nurse'),
    ]
    const he = await place.enter(romeo, 'home')
    expect(he.jid).toBe(`${romeo}/home`)
    expect(await he.roster()).toEqual([])
    await he.update(juliet, { name: 'Juliet & co. <3', groups: ['Friends', 'Größen 日本'] })
    await he.update(nurse, {})
    await settled(he)
    compare(place, he.heard(), [`push ${juliet} none "Juliet & co. <3" [Friends, Größen 日本]`, `push ${nurse} none`])
    await he.update(juliet, { name: 'Jule', groups: ['Friends'] })
    await he.remove(nurse)
    await settled(he)
    compare(place, he.heard(), [`push ${juliet} none "Jule" [Friends]`, `push ${nurse} remove`])
    const again = await place.enter(romeo, 'phone')
    expect(await again.roster()).toEqual([`${juliet} none "Jule" [Friends]`])
  })

  test('what one resource sets is pushed to the other, if it has asked for the roster (RFC 6121 §2.1.6)', async () => {
    const [romeo, juliet] = [await place.account('romeo'), await place.account('juliet')]
    const [he, phone, tool] = [
      await place.enter(romeo, 'home'),
      await place.enter(romeo, 'phone'),
      await place.enter(romeo, 'tool'),
    ]
    await he.roster()
    await phone.roster()
    await he.update(juliet, { name: 'Juliet', groups: ['Friends'] })
    await phone.remove(juliet)
    await settled(he, phone, tool)
    for (const one of [he, phone])
      compare(place, one.heard(), [`push ${juliet} none "Juliet" [Friends]`, `push ${juliet} remove`])
    expect(tool.heard()).toEqual([])
  })

  test('the server refuses what is not there to be removed, and the client itself as a contact', async () => {
    const [romeo, juliet] = [await place.account('romeo'), await place.account('juliet')]
    const he = await place.enter(romeo, 'home')
    await he.roster()
    await expect(he.remove(juliet)).rejects.toThrow('item-not-found')
    await expect(he.update(romeo, {})).rejects.toThrow('not-allowed')
    await settled(he)
    expect(he.heard()).toEqual([])
  })
}

const versions = (place: Place): void => {
  test('a roster that is current is not sent again, in the same session or the next (RFC 6121 §2.6.3)', async () => {
    const [romeo, juliet, nurse] = [
      await place.account('romeo'),
      await place.account('juliet'),
      await place.account('nurse'),
    ]
    const he = await place.enter(romeo, 'home')
    await he.update(juliet, { name: 'Juliet' })
    expect(await he.roster()).toEqual([`${juliet} none "Juliet"`])
    expect(await he.roster()).toBe('current')
    await he.leave()
    const later = await place.enter(romeo, 'home', { version: he.version })
    expect(await later.roster()).toBe('current')
    const phone = await place.enter(romeo, 'phone')
    await phone.update(nurse, {})
    await later.leave()
    const last = await place.enter(romeo, 'home', { version: he.version })
    expect(await last.roster()).toEqual([`${juliet} none "Juliet"`, `${nurse} none`])
  })
}

const subscriptions = (place: Place): void => {
  test('ask, grant, ask back, grant back: each step is heard, pushed and followed by presence (RFC 6121 §3.1)', async () => {
    const { romeo, juliet, he, she } = await meet(place)
    await he.says('subscribe', juliet)
    await settled(he, she)
    compare(place, he.heard(), [`push ${juliet} none asked`])
    compare(place, she.heard(), [`${romeo} subscribe`])
    await she.says('subscribed', romeo)
    await settled(she, he)
    compare(place, she.heard(), [`push ${romeo} from`])
    compare(place, he.heard(), [`${juliet} subscribed`, `push ${juliet} to`, `${she.jid} available`])
    await she.says('subscribe', romeo)
    await settled(she, he)
    compare(place, she.heard(), [`push ${romeo} from asked`])
    compare(place, he.heard(), [`${juliet} subscribe`])
    await he.says('subscribed', juliet)
    await settled(he, she)
    compare(place, he.heard(), [`push ${juliet} both`])
    compare(place, she.heard(), [`${romeo} subscribed`, `push ${romeo} both`, `${he.jid} available`])
    const phone = await place.enter(romeo, 'phone')
    expect(await phone.roster()).toEqual([`${juliet} both`])
  })

  test('a request is declined, and may be made again', async () => {
    const { romeo, juliet, he, she } = await meet(place)
    await he.says('subscribe', juliet)
    await settled(he, she)
    await she.says('unsubscribed', romeo)
    await lookAway(she)
    await settled(he)
    compare(place, he.heard(), [`push ${juliet} none asked`, `${juliet} unsubscribed`, `push ${juliet} none`])
    await he.says('subscribe', juliet)
    await settled(he, she)
    compare(place, she.heard(), [`${romeo} subscribe`])
  })

  test('a request waits for whoever is not there (RFC 6121 §3.1.3)', async () => {
    const [romeo, juliet] = [await place.account('romeo'), await place.account('juliet')]
    const he = await present(place, romeo)
    await he.says('subscribe', juliet)
    await lookAway(he)
    const she = await place.enter(juliet, 'home')
    expect(await she.roster()).toEqual([])
    await she.announce()
    await settled(she)
    compare(place, she.heard(), [`${she.jid} available`, `${romeo} subscribe`])
  })

  test('unsubscribe: the contact is told, and nothing of the contact is seen any more (RFC 6121 §3.3)', async () => {
    const { romeo, juliet, he, she } = await befriended(place)
    await he.says('unsubscribe', juliet)
    await settled(he, she)
    // Prosody says nothing of the contact's resources to somebody who has left by himself.
    compare(place, he.heard(), [`push ${juliet} from`, ...(place.isStrict ? [`${she.jid} unavailable`] : [])])
    compare(place, she.heard(), [`${romeo} unsubscribe`, `push ${romeo} to`])
    await lookAway(he, she)
    await she.announce('away')
    await settled(she, he)
    expect(he.heard()).toEqual([])
  })

  test('cancel: the contact is told, and that nobody is there any more (RFC 6121 §3.2)', async () => {
    const { romeo, juliet, he, she } = await befriended(place)
    await she.says('unsubscribed', romeo)
    await settled(she, he)
    compare(place, she.heard(), [`push ${romeo} to`])
    compare(place, [...he.heard()].sort(), [`${juliet} unsubscribed`, `${she.jid} unavailable`, `push ${juliet} from`])
    await she.announce('away')
    await settled(she, he)
    expect(he.heard()).toEqual([])
  })
}

const presence = (place: Place): void => {
  test('friends see each other come, change and go, each resource by itself (RFC 6121 §4)', async () => {
    const { romeo, he, she } = await befriended(place)
    await she.announce('dnd')
    await settled(she, he)
    for (const one of [he, she]) expect(one.heard()).toEqual([`${she.jid} dnd`])
    const phone = await place.enter(romeo, 'phone')
    await phone.roster()
    await phone.announce('xa')
    await settled(phone, he, she)
    expect([...phone.heard()].sort()).toEqual([`${he.jid} available`, `${phone.jid} xa`, `${she.jid} dnd`].sort())
    expect(he.heard()).toEqual([`${phone.jid} xa`])
    compare(place, she.heard(), [`${phone.jid} xa`])
    await phone.leave()
    await settled(he, she)
    for (const one of [he, she]) compare(place, one.heard(), [`${phone.jid} unavailable`])
  })
}

const resumption = (place: Place, cut: (jid: string) => void): void => {
  test('a session that is cut and resumed misses nothing, and its contacts do not see it go (XEP-0198)', async () => {
    const { he, she } = await befriended(place)
    for (const show of ['away', 'dnd', 'xa']) {
      await she.survives(() => {
        cut(she.jid)
        void he.announce(show)
      })
      await settled(he, she)
      expect(he.heard()).toEqual([`${he.jid} ${show}`])
      // Some clients count too little, and are told again what they know.
      expect(she.heard()).toContain(`${he.jid} ${show}`)
    }
    await she.announce('chat')
    await settled(she, he)
    expect(he.heard()).toEqual([`${she.jid} chat`])
  })
}

/** What an ordinary client does with rosters, whoever made it. */
export function conversations(place: Place): void {
  test('a wrong password is refused', async () => {
    const romeo = await place.account('romeo')
    await expect(place.enterWrongly(romeo)).rejects.toThrow('not-authorized')
    expect((await place.enter(romeo, 'home')).jid).toBe(`${romeo}/home`)
  })
  items(place)
  versions(place)
  subscriptions(place)
  presence(place)
  if (place.cut !== undefined) resumption(place, place.cut)
}
