import { describe, expect, test } from 'vitest'
import { NS, refused, stage } from './stage.js'

const RESET = `<password-reset-required xmlns='${NS}'/>`
const TEXT = `<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>Client not found</text>`

describe('Revoking', () => {
  test('is done when the server has said so', async () => {
    const { clients, asked } = await stage(() => `<iq type='result'/>`)
    expect(await clients.revoke('grant/aCe9')).toBe('revoked')
    expect(asked).toEqual([`set <revoke xmlns="${NS}" id="grant/aCe9"/>`])
  })

  test.for(['', 'client/a/b//c', `<'&">`, 'Ῥωμαῖος ✿ \u{1f339}', '../../etc/passwd', '$(reboot)', ' a  b '])(
    'takes the id %j as it is',
    async (id) => {
      const seen: unknown[] = []
      const { clients } = await stage((iq) => {
        seen.push(iq.getChild('revoke', NS)?.attrs['id'])
        return `<iq type='result'/>`
      })
      await clients.revoke(id)
      expect(seen).toEqual([id])
    },
  )

  test.for<[answer: string, outcome: string]>([
    [refused('item-not-found'), 'absent'],
    [refused('item-not-found', TEXT), 'absent'],
    [refused('service-unavailable', RESET), 'password-reset-required'],
    [refused('service-unavailable', TEXT + RESET), 'password-reset-required'],
    // Children may come in any order.
    [refused('service-unavailable', '', RESET), 'password-reset-required'],
    [refused('undefined-condition'), 'disconnected'],
  ])('refused with %s comes to %s', async ([answer, outcome]) => {
    const { clients } = await stage(() => answer)
    expect(await clients.revoke('client/phone')).toBe(outcome)
  })

  test.for<[answer: string, code: string, condition: string]>([
    [refused('service-unavailable'), 'UNSUPPORTED', 'service-unavailable'],
    [refused('feature-not-implemented'), 'UNSUPPORTED', 'feature-not-implemented'],
    // Only the module's own element says that it is about the password.
    [refused('service-unavailable', `<password-reset-required/>`), 'UNSUPPORTED', 'service-unavailable'],
    [refused('service-unavailable', `<reset xmlns='${NS}'/>`), 'UNSUPPORTED', 'service-unavailable'],
    [refused('forbidden'), 'REFUSED', 'forbidden'],
    [refused('internal-server-error'), 'REFUSED', 'internal-server-error'],
    // A reason that is given is not the one that the module does not give.
    [refused('undefined-condition', TEXT), 'REFUSED', 'undefined-condition'],
    [refused('undefined-condition', `<too-late xmlns='urn:example'/>`), 'REFUSED', 'undefined-condition'],
    [`<error type='cancel'/>`, 'REFUSED', 'undefined-condition'],
  ])('refused with %s rejects with %s', async ([answer, code, condition]) => {
    const { clients } = await stage(() => answer)
    await expect(clients.revoke('client/phone')).rejects.toMatchObject({ code, condition, owner: 'juliet@localhost' })
  })

  test('an error without any <error/> is a refusal', async () => {
    const { clients } = await stage(() => `<iq type='error'/>`)
    await expect(clients.revoke('client/phone')).rejects.toMatchObject({ code: 'REFUSED' })
  })

  test.for<[condition: string, sentence: string]>([
    ['forbidden', 'Nothing has changed.'],
    ['internal-server-error', 'What it has done before it failed, the list tells.'],
  ])('refused with %s, the message says what has happened', async ([condition, sentence]) => {
    const { clients } = await stage(() => refused(condition))
    await expect(clients.revoke('client/phone')).rejects.toThrow(sentence)
  })

  test.for([undefined, null, 7, {}, 'a\nb', 'a\tb', 'a\u0000b', '\ud800'])(
    'the id %j is refused before anything is sent',
    async (id) => {
      const { clients, asked } = await stage(() => `<iq type='result'/>`)
      await expect(clients.revoke(id as string)).rejects.toMatchObject({ code: 'STANZA_INVALID' })
      expect(asked).toEqual([])
    },
  )

  test('several at a time are each told their own', async () => {
    const outcomes: Record<string, string> = {
      a: `<iq type='result'/>`,
      b: refused('item-not-found'),
      c: refused('undefined-condition'),
    }
    const { clients } = await stage((iq) => outcomes[iq.getChild('revoke', NS)?.attrs['id'] as string])
    const told = Promise.all(['c', 'a', 'b', 'a'].map((id) => clients.revoke(id)))
    expect(await told).toEqual(['disconnected', 'revoked', 'absent', 'revoked'])
  })
})
