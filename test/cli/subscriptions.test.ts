import { describe, expect, test } from 'vitest'
import { befriend, type Town, town } from './support/town.js'

const ROMEO = 'romeo@localhost'
const JULIET = 'juliet@localhost'

const stateOf = async (people: Town, name: string, jid: string): Promise<string | undefined> => {
  const items = JSON.parse((await people.as(name, 'get', '--json')).out) as { jid: string; state: string }[]
  return items.find((item) => item.jid === jid)?.state
}

/** The subscription stanzas that somebody has sent. */
const wrote = (people: Town, name: string): readonly string[] =>
  people.sent(name).flatMap((xml) => /^<presence [^>]*type="(\w+)"/.exec(xml)?.[1] ?? [])

describe('subscribe', () => {
  test('asks, with words to read; the other one sees it among the requests', async () => {
    const verona = await town(['juliet', 'romeo'])
    const words = ['subscribe', ROMEO, '--status', 'It is me \u202e', '--nick', 'Jule']
    expect(await verona.as('juliet', ...words)).toEqual({ code: 0, out: `${ROMEO} asked\n`, err: '' })
    expect(await stateOf(verona, 'juliet', ROMEO)).toBe('none+out')

    const { code, out } = await verona.as('romeo', 'requests')
    expect(code).toBe(0)
    expect(out).toMatch(/^JID +NICK +SINCE +STATUS\njuliet@localhost +Jule +\d{4}-\S+Z +It is me \\u\{202e\}\n$/)
    expect(JSON.parse((await verona.as('romeo', 'requests', '--json')).out)).toMatchObject([
      { jid: JULIET, nick: 'Jule', status: 'It is me \u202e' },
    ])
  })

  test('does not ask again who shows presence already', async () => {
    const verona = await town(['juliet', 'romeo'])
    await befriend(verona, 'juliet', 'romeo')
    verona.sent('juliet')
    expect((await verona.as('juliet', 'subscribe', ROMEO)).out).toBe(`${ROMEO} is subscribed to already\n`)
    expect(wrote(verona, 'juliet')).toEqual([])
  })

  test('says when the request comes back at once', async () => {
    const verona = await town(['juliet'])
    const { code, err } = await verona.as('juliet', 'subscribe', 'romeo@nowhere.example')
    expect([code, err]).toEqual([
      4,
      'xmpp-roster: REFUSED: The request to romeo@nowhere.example came back: remote-server-not-found.\n',
    ])
  })

  test('goes on with the others, and ends with 1', async () => {
    const verona = await town(['juliet', 'romeo'])
    const { code, out, err } = await verona.as('juliet', 'subscribe', 'romeo@nowhere.example', ROMEO)
    expect([code, out]).toEqual([1, `${ROMEO} asked\n`])
    expect(err).toContain('xmpp-roster: REFUSED: The request to romeo@nowhere.example came back')
  })
})

test.each([
  ['subscribe', '--status'],
  ['subscribe', '--nick'],
  ['deny', '--status'],
])('%s %s with what XML cannot carry is a wrong command line, and nobody is asked anything', async (verb, option) => {
  const verona = await town(['juliet', 'romeo'])
  expect(await verona.as('juliet', verb, ROMEO, option, 'Oh\u0001')).toEqual({
    code: 2,
    out: '',
    err: `xmpp-roster: USAGE: ${option} is text that XML can carry.\n`,
  })
  expect(verona.sent('juliet')).toEqual([])
})

describe('unsubscribe', () => {
  test('gives up a presence, or a request for it; the contact stays', async () => {
    const verona = await town(['juliet', 'romeo'])
    await befriend(verona, 'juliet', 'romeo')
    expect((await verona.as('juliet', 'unsubscribe', ROMEO)).code).toBe(0)
    expect(await stateOf(verona, 'juliet', ROMEO)).toBe('from')
    await verona.as('juliet', 'subscribe', ROMEO)
    expect((await verona.as('juliet', 'unsubscribe', ROMEO)).code).toBe(0)
    expect(await stateOf(verona, 'juliet', ROMEO)).toBe('from')
  })

  test('where there is none is 16, and nothing is sent', async () => {
    const verona = await town(['juliet'])
    await verona.as('juliet', 'add', ROMEO)
    verona.sent('juliet')
    for (const jid of [ROMEO, 'tybalt@localhost']) expect((await verona.as('juliet', 'unsubscribe', jid)).code).toBe(16)
    expect(wrote(verona, 'juliet')).toEqual([])
  })
})

describe('authorize', () => {
  test('grants what was asked, and asks back when it is told to', async () => {
    const verona = await town(['juliet', 'romeo'])
    await verona.as('juliet', 'subscribe', ROMEO)
    verona.sent('romeo')
    expect(await verona.as('romeo', 'authorize', JULIET, '--subscribe')).toEqual({
      code: 0,
      out: `${JULIET} authorized\n`,
      err: '',
    })
    expect(wrote(verona, 'romeo')).toEqual(['subscribed', 'subscribe'])
    expect(await stateOf(verona, 'romeo', JULIET)).toBe('from+out')
    expect((await verona.as('romeo', 'requests')).out).toBe('')
  })

  test('without --subscribe asks nothing back', async () => {
    const verona = await town(['juliet', 'romeo'])
    await verona.as('juliet', 'subscribe', ROMEO)
    await verona.as('romeo', 'authorize', JULIET)
    expect(await stateOf(verona, 'romeo', JULIET)).toBe('from')
  })

  test('of somebody who has not asked is 16, and nothing is sent for the others either: no pre-approval by accident', async () => {
    const verona = await town(['juliet', 'romeo'])
    await verona.as('juliet', 'subscribe', ROMEO)
    verona.sent('romeo')
    const { code, err } = await verona.as('romeo', 'authorize', JULIET, 'nurse@localhost')
    expect([code, err]).toEqual([
      16,
      'xmpp-roster: NOT_FOUND: nurse@localhost does not wait for an answer; nothing was sent.\n',
    ])
    expect(wrote(verona, 'romeo')).toEqual([])
  })

  test('is available for a moment; in the end no messages come here (RFC 6121 §8.5.2.1.1)', async () => {
    const verona = await town(['juliet', 'romeo'])
    await verona.as('juliet', 'subscribe', ROMEO)
    verona.sent('romeo')
    await verona.as('romeo', 'authorize', JULIET)
    const isAnnounced = (xml: string): boolean => xml.startsWith('<presence') && !xml.includes(' to=')
    const priorities = verona
      .sent('romeo')
      .filter(isAnnounced)
      .map((xml) => /<priority>(-?\d+)</.exec(xml)?.[1] ?? '0')
    // This server keeps no messages; ejabberd tells of requests only whom they would go to.
    expect(priorities).toEqual(['0', '-1'])
  })

  test('a message that comes in that moment goes back to its sender, and is not lost in silence', async () => {
    const verona = await town(['juliet', 'romeo'])
    await verona.as('juliet', 'subscribe', ROMEO)
    const seen = verona.server.log.length
    const onErr = (text: string): void => {
      if (!text.includes('> <presence><show>xa</show></presence>')) return
      for (const type of ['chat', 'error', 'headline'])
        verona.server.inject(ROMEO, `<message from="${JULIET}/x" id="m1" type="${type}"><body>Hark</body></message>`)
    }
    expect((await verona.asWith('romeo', { onErr }, 'requests', '--debug')).code).toBe(0)
    const messages = verona.server.log
      .slice(seen)
      .filter(({ direction, xml }) => direction === 'in' && /^<message/.test(xml))
    expect(messages).toHaveLength(1)
    expect(messages[0]?.xml).toMatch(
      /<message type="error" to="juliet@localhost\/x" id="m1"><error type="wait"><recipient-unavailable/,
    )
  })
})

test('no command answers a request by itself', async () => {
  const verona = await town(['juliet', 'romeo'])
  await verona.as('juliet', 'subscribe', ROMEO)
  verona.sent('romeo')
  for (const words of [['get'], ['requests'], ['purge'], ['resync'], ['get', '--online', '--wait', '0']])
    expect((await verona.as('romeo', ...words)).code).toBe(0)
  expect(wrote(verona, 'romeo')).toEqual([])
})

describe('deny', () => {
  test('declines a request, with words to read', async () => {
    const verona = await town(['juliet', 'romeo'])
    await verona.as('juliet', 'subscribe', ROMEO)
    expect((await verona.as('romeo', 'deny', JULIET, '--status', 'Not today')).out).toBe(`${JULIET} denied\n`)
    expect(await stateOf(verona, 'juliet', ROMEO)).toBe('none')
    expect((await verona.as('romeo', 'requests')).out).toBe('')
    expect(verona.server.log.some(({ xml }) => xml.includes('<status>Not today</status>'))).toBe(true)
  })

  test('takes back what was granted', async () => {
    const verona = await town(['juliet', 'romeo'])
    await befriend(verona, 'juliet', 'romeo')
    expect((await verona.as('romeo', 'deny', JULIET)).code).toBe(0)
    expect(await stateOf(verona, 'romeo', JULIET)).toBe('to')
    expect(await stateOf(verona, 'juliet', ROMEO)).toBe('from')
  })

  test('of a stranger is 16, and nothing is sent', async () => {
    const verona = await town(['romeo'])
    expect((await verona.as('romeo', 'deny', JULIET)).code).toBe(16)
    expect(wrote(verona, 'romeo')).toEqual([])
  })
})

describe('delete', () => {
  test('ends both subscriptions by one stanza: no unsubscribe before it, as Libervia sends', async () => {
    const verona = await town(['juliet', 'romeo'])
    await befriend(verona, 'juliet', 'romeo')
    verona.sent('juliet')
    expect((await verona.as('juliet', 'delete', '-f', ROMEO)).code).toBe(0)
    expect(wrote(verona, 'juliet')).toEqual([])
    expect(await stateOf(verona, 'juliet', ROMEO)).toBeUndefined()
    expect(await stateOf(verona, 'romeo', JULIET)).toBe('none')
  })
})

describe('purge', () => {
  /** Contacts of romeo's with each subscription; nurse has asked him, and he has asked tybalt. */
  const household = async (): Promise<Town> => {
    const verona = await town(['romeo', 'juliet', 'paris', 'rosaline', 'nurse', 'tybalt'])
    await befriend(verona, 'romeo', 'juliet')
    await verona.as('paris', 'subscribe', ROMEO)
    await verona.as('romeo', 'authorize', 'paris@localhost')
    await verona.as('romeo', 'subscribe', 'rosaline@localhost', 'tybalt@localhost')
    await verona.as('rosaline', 'authorize', ROMEO)
    await verona.as('nurse', 'subscribe', ROMEO)
    for (const jid of ['nurse@localhost', 'friar@localhost']) await verona.as('romeo', 'add', jid)
    return verona
  }
  const left = async (people: Town): Promise<readonly string[]> =>
    (JSON.parse((await people.as('romeo', 'get', '--json')).out) as { jid: string }[]).map(
      ({ jid }) => jid.split('@')[0] ?? '',
    )

  test('takes those without a subscription, and leaves who waits and whoever is subscribed', {
    timeout: 240_000,
  }, async () => {
    const verona = await household()
    const dry = await verona.as('romeo', 'purge', '--dry-run', '--no-from', '--no-to', '--pending')
    expect(dry).toEqual({
      code: 0,
      err: '',
      out: [
        'There is no subscription with:',
        '    friar@localhost',
        '    nurse@localhost',
        '    tybalt@localhost',
        "There is no 'from' subscription with:",
        '    rosaline@localhost',
        "There is no 'to' subscription with:",
        '    paris@localhost',
        '',
      ].join('\n'),
    })
    const refused = await verona.as('romeo', 'purge')
    expect([refused.code, refused.out]).toEqual([20, 'There is no subscription with:\n    friar@localhost\n'])
    expect(await left(verona)).toHaveLength(6)

    const purged = await verona.asWith('romeo', { columns: 80, typed: 'y\n' }, 'purge')
    expect(purged.code).toBe(0)
    expect(purged.out).toMatch(/friar@localhost deleted/)
    expect(await left(verona)).toEqual(['juliet', 'nurse', 'paris', 'rosaline', 'tybalt'])
    expect(await verona.as('romeo', 'purge')).toEqual({ code: 0, out: 'Nothing to do.\n', err: '' })

    expect((await verona.as('romeo', 'purge', '-f', '--no-from')).code).toBe(0)
    expect(await left(verona)).toEqual(['juliet', 'nurse', 'paris', 'tybalt'])
    expect((await verona.as('romeo', 'purge', '-f', '--no-to', '--pending')).code).toBe(0)
    expect(await left(verona)).toEqual(['juliet'])
  })
})
