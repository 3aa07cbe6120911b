import type { EventEmitter } from 'node:events'
import { client } from '@xmpp/client'
import { expect, test } from 'vitest'
import { Roster } from '../../src/index.js'
import { ScriptServer } from '../support/script-server.js'

const ROMEO = 'romeo@example.net'
const NAME = 'Rómeo 日本 👩‍🚀'

/** Where to cut so that the n-th byte of the text's first character outside of ASCII begins the second packet. */
function cutInside(bytes: Uint8Array, character: string, n: number): number {
  const at = Buffer.from(bytes).indexOf(character)
  expect(at).toBeGreaterThan(0)
  return at + n
}

/** Resolves when the client has got a packet. */
const arrival = (socket: EventEmitter): Promise<void> => new Promise((resolve) => socket.once('data', () => resolve()))

test.each([
  ['two bytes', 'ó', 1],
  ['three bytes', '日', 1],
  ['three bytes', '本', 2],
  ['four bytes', '👩', 3],
])('a character of %s (%s) that two packets share arrives whole (promise 13)', async (_, character, n) => {
  const server = new ScriptServer('juliet@localhost/balcony')
  const service = await server.listen()
  const juliet = client({
    service,
    domain: 'localhost',
    credentials: (auth: (credentials: object, mechanism: string) => Promise<void>) =>
      auth({ username: 'juliet', password: 'secret' }, 'PLAIN'),
  } as never)
  juliet.reconnect.stop()
  try {
    const roster = new Roster(juliet)
    const errors: unknown[] = []
    juliet.on('error', (error) => errors.push(error))
    await juliet.start()
    const id = await server.asked
    const item = `<item jid="${ROMEO}" subscription="both" name="${NAME}"><group>${NAME}</group></item>`
    const bytes = Buffer.from(`<iq type="result" id="${id}"><query xmlns="jabber:iq:roster">${item}</query></iq>`)
    const cut = cutInside(bytes, character, n)

    const first = arrival(juliet.socket as unknown as EventEmitter)
    server.write(bytes.subarray(0, cut))
    await first
    server.write(bytes.subarray(cut))

    await roster.ready()
    expect(roster.own.get(ROMEO)).toMatchObject({ name: NAME, groups: [NAME] })
    expect(errors).toEqual([])
    await roster.close()
    await juliet.stop()
  } finally {
    await server.close()
  }
})
