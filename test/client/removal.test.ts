import { expect, test } from 'vitest'
import { item, presence, push, turn } from '../support/fake-client.js'
import { type Given, loggedIn as login, ROMEO } from './stage.js'

const loggedIn = (items = ''): Promise<Given> => login(items, { autoAuthorize: null })

/** What a roster set asks for. */
const set = (inner: string): string => `<iq type="set"><query xmlns="jabber:iq:roster">${inner}</query></iq>`

const romeo = `<item jid="${ROMEO}" subscription="both" name="Romeo"><group>A</group><group>B</group></item>`

test('remove asks the server, and the item goes when it has gone there (RFC 6121 §2.5, SM12)', async () => {
  const { juliet, roster, log } = await loggedIn(romeo)
  juliet.receive(presence(`${ROMEO}/orchard`))
  log.take()
  const removed = roster.own.remove(ROMEO)
  await turn()
  expect(juliet.said()).toEqual([set(`<item jid="${ROMEO}" subscription="remove"/>`)])
  expect(roster.own.has(ROMEO)).toBe(true)
  juliet.accept()
  expect(await removed).toBe(true)
  expect(log.take()[0]).toBe(`removed ${ROMEO}`)
})

test('nothing that comes after it brings a removed contact back (SM12, promise 8)', async () => {
  const { juliet, roster, log } = await loggedIn(romeo)
  const removed = roster.own.remove(ROMEO)
  await turn()
  juliet.receive(push(item(ROMEO, 'remove')))
  juliet.accept()
  await removed
  log.take()
  juliet.receive(
    presence(`${ROMEO}/orchard`),
    presence(`${ROMEO}/orchard`, 'unavailable'),
    presence(ROMEO, 'unsubscribed'),
    presence(ROMEO, 'unsubscribe'),
    presence(ROMEO, 'subscribed'),
    push(item(ROMEO, 'remove')),
  )
  await turn()
  expect([log.take(), roster.own.size]).toEqual([[], 0])
})

test('remove of somebody unknown is false; nobody is asked, nobody created (IQ4)', async () => {
  const { juliet, roster } = await loggedIn()
  expect(await roster.own.remove(ROMEO)).toBe(false)
  expect([juliet.said(), roster.own.size]).toEqual([[], 0])
})

test('what the server does not know goes from here as well: false (IQ4)', async () => {
  const { juliet, roster, log } = await loggedIn(romeo)
  const removed = roster.own.remove(ROMEO)
  await turn()
  juliet.refuse('item-not-found')
  expect(await removed).toBe(false)
  expect([roster.own.has(ROMEO), log.take()[0]]).toEqual([false, `removed ${ROMEO}`])
})

test('a refused removal leaves the contact alone', async () => {
  const { juliet, roster, log } = await loggedIn(romeo)
  const removed = roster.own.remove(ROMEO)
  await turn()
  juliet.refuse('not-allowed')
  await expect(removed).rejects.toMatchObject({ code: 'REFUSED', condition: 'not-allowed' })
  expect([roster.own.get(ROMEO)?.state, log.take()]).toEqual(['both', []])
})

test('a request that waits is denied before its contact is removed (promise 8)', async () => {
  const { juliet, roster } = await loggedIn(item(ROMEO, 'to'))
  juliet.receive(presence(ROMEO, 'subscribe'))
  await turn()
  const removed = roster.own.remove(ROMEO)
  await turn()
  expect(juliet.said()).toEqual([
    `<presence to="${ROMEO}" type="unsubscribed"/>`,
    set(`<item jid="${ROMEO}" subscription="remove"/>`),
  ])
  juliet.accept()
  expect(await removed).toBe(true)
  expect([roster.own.requests(), roster.own.state(ROMEO)]).toEqual([[], 'none'])
})
