import { client } from '@xmpp/client'
import { describe, expect, test } from 'vitest'
import { privilegedAdmin } from '../../src/admin.js'
import type { XmppEntity } from '../../src/index.js'
import { manualClock } from '../../src/testing/clock.js'
import { FakeComponent, turn } from '../support/fake-component.js'
import {
  type AdvertisementOptions,
  advertisement,
  DOMAIN,
  HOST,
  JULIET,
  privilegedStage,
  ROMEO,
  roster,
  stageOf,
} from './privileged-stage.js'

/** As long as a host that has said nothing is waited for. */
const PATIENCE = 2_000

const ITEM = { name: 'Ro', groups: [] }

describe('What a host grants', () => {
  test.each([
    ['urn:xmpp:privilege:1', '<perm access="roster" type="both"/><perm access="message" type="outgoing"/>'],
    [
      'urn:xmpp:privilege:2',
      '<perm access="iq"><namespace ns="x" type="get"/></perm><perm access="roster" type="both" push="false"/>',
    ],
  ])('is understood in %s', async (namespace, perms) => {
    const { fake, admin, answer } = await privilegedStage({}, null)
    fake.receive(advertisement(perms, { namespace }))
    const listed = admin.list(JULIET)
    await turn()
    await answer('')
    expect(await listed).toEqual([])
  })

  test.each([
    ['get', ['get juliet']],
    ['set', ['set juliet: romeo "Ro"']],
    ['both', ['get juliet', 'set juliet: romeo "Ro"']],
    ['none', []],
    ['all', []],
    ['', []],
    ['__proto__', []],
  ])('with type "%s" decides what is asked at all (XEP-0356 §4.1)', async (type, words) => {
    const { admin, asked } = await privilegedStage({}, type)
    const codes: string[] = []
    const note = (error: { code: string }): void => void codes.push(error.code)
    admin.list(JULIET).catch(note)
    admin.put(JULIET, ROMEO, ITEM).catch(note)
    await turn()
    expect(asked()).toEqual(words)
    expect(codes).toEqual(Array.from({ length: 2 - words.length }, () => 'UNSUPPORTED'))
  })

  test('as "set" alone is not enough where something is to be kept, or a subscription to be seen', async () => {
    const { admin, asked } = await privilegedStage({}, 'set')
    await expect(admin.put(JULIET, ROMEO, { name: 'Ro' })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    await expect(admin.put(JULIET, ROMEO, { ...ITEM, subscription: 'both' })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    })
    expect(asked()).toEqual([])
  })

  test('too little is told with what is missing, of whom, and what to configure', async () => {
    const { admin } = await privilegedStage({}, 'get')
    const put = admin.put(JULIET, ROMEO, ITEM)
    await expect(put).rejects.toMatchObject({ code: 'UNSUPPORTED', owner: JULIET })
    await expect(put).rejects.toThrow(/"roster" of the type "set" .* from home\.example, which has granted get/)
    await expect(put).rejects.toThrow(/privileged_entities = \{ \["bots\.example"\] = \{ roster = "both" \} \}/)
    await expect(put).rejects.toThrow(/ejabberd: mod_privilege/)
  })

  test('may change while the session lives; what says nothing of rosters changes nothing', async () => {
    const { fake, admin, asked } = await privilegedStage({}, 'none')
    await expect(admin.list(JULIET)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    fake.receive(advertisement(roster('get')), advertisement('<perm access="message" type="outgoing"/>'))
    admin.list(JULIET).catch(() => undefined)
    await turn()
    expect(asked()).toEqual(['get juliet'])
    fake.receive(advertisement(roster('none')))
    await expect(admin.list(JULIET)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  test('it grants for its own accounts alone', async () => {
    const { fake, admin, clock } = await privilegedStage({}, null)
    fake.receive(advertisement(roster('both'), { from: 'evil.example' }))
    const listed = admin.list(JULIET)
    listed.catch(() => undefined)
    await clock.advance(PATIENCE)
    await expect(listed).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})

describe('A message that looks like a permission', () => {
  test.each<[string, AdvertisementOptions]>([
    ['from an account', { from: ROMEO }],
    ['from an account’s resource', { from: `${ROMEO}/orchard` }],
    ['from a resource of the host', { from: `${HOST}/server` }],
    ['from a host below', { from: `sub.${HOST}` }],
    ['from what is no JID', { from: '@@' }],
    ['that came back as an error', { attributes: 'type="error"' }],
    ['in another namespace', { namespace: 'urn:xmpp:privilege:3' }],
  ])('%s counts for nothing: never trust the wire', async (_, options) => {
    const { fake, admin, asked, clock } = await privilegedStage({}, null)
    fake.receive(advertisement(roster('both'), options))
    const listed = admin.list(JULIET)
    listed.catch(() => undefined)
    await clock.advance(PATIENCE)
    await expect(listed).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    expect(asked()).toEqual([])
  })

  test('without an address, wrapped into another, or nested the wrong way counts for nothing', async () => {
    const { fake, admin, clock } = await privilegedStage({}, null)
    const privilege = `<privilege xmlns="urn:xmpp:privilege:2">${roster('both')}</privilege>`
    fake.receive(
      `<message to="${DOMAIN}">${privilege}</message>`,
      `<message from="${HOST}" to="${DOMAIN}"><forwarded xmlns="urn:xmpp:forward:0">${privilege}</forwarded></message>`,
      `<presence from="${HOST}" to="${DOMAIN}">${privilege}</presence>`,
      `<message from="${HOST}" to="${DOMAIN}"><body>${'x'.repeat(100)}</body></message>`,
    )
    const listed = admin.list(JULIET)
    listed.catch(() => undefined)
    await clock.advance(PATIENCE)
    await expect(listed).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  test('from many thousands of domains fills no memory, and takes nothing from those that came first', async () => {
    const { fake, admin, answer, clock } = await privilegedStage()
    for (let nr = 0; nr < 1_500; nr++) fake.receive(advertisement(roster('both'), { from: `d${nr}.example` }))
    const listed = admin.list(JULIET)
    await turn()
    await answer('')
    expect(await listed).toEqual([])
    const late = admin.list('x@d1499.example')
    late.catch(() => undefined)
    await clock.advance(PATIENCE)
    await expect(late).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})

describe('A permission that has not come yet', () => {
  test('is waited for: `online` comes first with some servers (XEP-0356 §4.2)', async () => {
    const { fake, admin, asked, answer, clock } = await privilegedStage({}, null)
    const lists = [admin.list(JULIET), admin.list(ROMEO)]
    await clock.advance(PATIENCE - 1)
    expect(asked()).toEqual([])
    fake.receive(advertisement(roster('get')))
    await turn()
    expect(asked()).toEqual(['get juliet', 'get romeo'])
    await answer('')
    expect(await lists[1]).toEqual([])
  })

  test('is there when it came with the handshake, before `online`', async () => {
    const fake = new FakeComponent(DOMAIN)
    const admin = privilegedAdmin(fake.entity)
    fake.receive(advertisement(roster('get')))
    fake.online()
    const { asked } = stageOf(fake, manualClock(0), admin)
    admin.list(JULIET).catch(() => undefined)
    await turn()
    expect(asked()).toEqual(['get juliet'])
  })

  test('is waited for once in a session', async () => {
    const { fake, admin, asked, clock } = await privilegedStage({}, null)
    const first = admin.list(JULIET)
    first.catch(() => undefined)
    await clock.advance(PATIENCE)
    await expect(first).rejects.toThrow(/granted none/)
    await expect(admin.list(ROMEO)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    fake.receive(advertisement(roster('get')))
    admin.list(ROMEO).catch(() => undefined)
    await turn()
    expect(asked()).toEqual(['get romeo'])
  })

  test('is waited for no longer than the caller does', async () => {
    const { admin, asked, clock } = await privilegedStage({}, null)
    const abort = new AbortController()
    const late = admin.list(JULIET, { timeout: 100 })
    late.catch(() => undefined)
    const aborted = admin.put(JULIET, ROMEO, ITEM, { signal: abort.signal })
    await turn()
    abort.abort('enough')
    await expect(aborted).rejects.toBe('enough')
    await clock.advance(100)
    await expect(late).rejects.toMatchObject({ code: 'TIMED_OUT' })
    expect(asked()).toEqual([])
  })
})

describe('A session that had begun before the admin was made', () => {
  const late = () => {
    const fake = new FakeComponent(DOMAIN)
    fake.online()
    const clock = manualClock(0)
    return stageOf(fake, clock, privilegedAdmin(fake.entity, { clock }))
  }

  test('may have granted anything: it is asked at once', async () => {
    const { admin, asked, answer } = late()
    const listed = admin.list(JULIET)
    await turn()
    expect(asked()).toEqual(['get juliet'])
    await answer('')
    expect(await listed).toEqual([])
  })

  test.each(['forbidden', 'not-allowed', 'service-unavailable'])('%s then means that it has not', async (condition) => {
    const { admin, refuse } = late()
    const listed = admin.list(JULIET)
    listed.catch(() => undefined)
    await turn()
    await refuse(condition)
    await expect(listed).rejects.toMatchObject({ code: 'UNSUPPORTED', condition, owner: JULIET })
    await expect(listed).rejects.toThrow(/mod_privilege/)
  })

  test('has granted what it once did: a refusal after that is about the account, and no more about the permission', async () => {
    const { admin, answer, refuse } = late()
    const put = admin.put(JULIET, ROMEO, ITEM)
    await turn()
    await answer()
    await put
    const nobody = admin.put(`nobody@${HOST}`, ROMEO, ITEM)
    nobody.catch(() => undefined)
    await turn()
    await refuse('service-unavailable')
    await expect(nobody).rejects.toMatchObject({ code: 'REFUSED', condition: 'service-unavailable' })

    // Writing says nothing of reading, nor one host of another.
    const listed = admin.list(`nobody@${HOST}`)
    listed.catch(() => undefined)
    await turn()
    await refuse('service-unavailable')
    await expect(listed).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    const elsewhere = admin.put('nobody@other.example', ROMEO, ITEM)
    elsewhere.catch(() => undefined)
    await turn()
    await refuse('service-unavailable')
    await expect(elsewhere).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  test('is over with a disconnect: the next one is heard from its beginning', async () => {
    const { fake, admin, asked, clock } = late()
    fake.cut()
    fake.online()
    const listed = admin.list(JULIET)
    listed.catch(() => undefined)
    await clock.advance(PATIENCE)
    await expect(listed).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    expect(asked()).toEqual([])
  })
})

describe('A lost connection', () => {
  test('takes the permissions with it', async () => {
    const { fake, admin, asked, clock } = await privilegedStage()
    fake.cut()
    await expect(admin.list(JULIET)).rejects.toMatchObject({ code: 'NOT_CONNECTED', owner: JULIET })
    fake.online()
    const listed = admin.list(JULIET)
    listed.catch(() => undefined)
    await clock.advance(PATIENCE)
    await expect(listed).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    expect(asked()).toEqual([])
  })

  test.each(['cut', 'stop'] as const)('%s: what waits for an answer is told that it may have happened', async (how) => {
    const { fake, admin } = await privilegedStage()
    const put = admin.put(JULIET, ROMEO, ITEM)
    const listed = admin.list(ROMEO)
    for (const one of [put, listed]) one.catch(() => undefined)
    await turn()
    fake[how]()
    await expect(put).rejects.toMatchObject({
      code: 'NOT_CONNECTED',
      message: expect.stringContaining('may have happened'),
    })
    await expect(listed).rejects.toMatchObject({
      code: 'NOT_CONNECTED',
      message: expect.stringContaining('nothing was to be changed'),
    })
  })

  test('ends the wait for a permission, also when the next session begins at once', async () => {
    const { fake, admin, asked } = await privilegedStage({}, null)
    const listed = admin.list(JULIET)
    listed.catch(() => undefined)
    await turn()
    fake.cut()
    fake.online()
    await expect(listed).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
    expect(asked()).toEqual([])
  })

  test('before the first session is one too', async () => {
    const admin = privilegedAdmin(new FakeComponent(DOMAIN).entity)
    await expect(admin.list(JULIET)).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
    await expect(admin.put(JULIET, ROMEO, ITEM)).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
    await expect(admin.remove(JULIET, ROMEO)).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
  })

  test('that shows while writing is told as one', async () => {
    const { fake, admin } = await privilegedStage()
    fake.breakSocket(new Error('EPIPE'))
    await expect(admin.put(JULIET, ROMEO, ITEM)).rejects.toMatchObject({
      code: 'NOT_CONNECTED',
      message: expect.stringContaining('may have happened'),
    })
  })
})

describe('An answer that does not come', () => {
  test.each([
    [{}, 30_000],
    [{ timeout: 5 }, 5],
  ])('is waited for as long as %o says', async (options, ms) => {
    const { admin, clock, answer } = await privilegedStage()
    const put = admin.put(JULIET, ROMEO, ITEM, options)
    put.catch(() => undefined)
    await turn()
    await clock.advance(ms)
    await expect(put).rejects.toMatchObject({
      code: 'TIMED_OUT',
      owner: JULIET,
      message: expect.stringContaining('may have happened'),
    })
    await answer()
  })

  test('may be given up: the reason of the signal, and the next in turn goes on', async () => {
    const { admin, asked, answer } = await privilegedStage()
    const abort = new AbortController()
    const first = admin.put(JULIET, ROMEO, ITEM, { signal: abort.signal })
    const waiting = admin.put(JULIET, ROMEO, ITEM, { signal: abort.signal })
    const next = admin.put(JULIET, ROMEO, ITEM)
    await turn()
    abort.abort('enough')
    await expect(first).rejects.toBe('enough')
    await expect(waiting).rejects.toBe('enough')
    await turn()
    expect(asked()).toHaveLength(2)
    await answer()
    await next
    await expect(admin.put(JULIET, ROMEO, ITEM, { signal: abort.signal })).rejects.toBe('enough')
    await expect(admin.list(JULIET, { signal: abort.signal })).rejects.toBe('enough')
    expect(asked()).toEqual([])
  })
})

test('A client cannot manage rosters of others: UNSUPPORTED at once', () => {
  const entity = client({ service: 'xmpp://localhost', domain: HOST }) as unknown as XmppEntity
  expect(() => privilegedAdmin(entity)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }))
})
