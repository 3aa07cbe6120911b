import { EventEmitter } from 'node:events'
import parse from 'ltx/lib/parse.js'
import { describe, expect, test } from 'vitest'
import { countStanzas } from '../../src/cli/count-stanzas.js'
import type { XmppEntity } from '../../src/index.js'

/** An entity that gets these elements; resolves with what it would say that it has handled. */
const countOf = (...elements: readonly string[]): number => {
  const streamManagement = { inbound: 0 }
  const entity = Object.assign(new EventEmitter(), { streamManagement })
  countStanzas(entity as unknown as XmppEntity)
  for (const element of elements) entity.emit('element', parse(element))
  // xmpp.js counts as well, in its own way.
  streamManagement.inbound += 1
  return streamManagement.inbound
}

const ENABLED = '<enabled xmlns="urn:xmpp:sm:3"/>'

describe('The count of stanzas that is told to the server', () => {
  test('has every stanza, the answers among them, and nothing else (XEP-0198 §4)', () => {
    expect(countOf(ENABLED, '<iq type="result"/>', '<presence/>', '<r xmlns="urn:xmpp:sm:3"/>', '<message/>')).toBe(3)
  })

  test.each([
    ['after the login', ENABLED],
    [
      'with the login (XEP-0388)',
      `<success xmlns="urn:xmpp:sasl:2"><bound xmlns="urn:xmpp:bind:0">${ENABLED}</bound></success>`,
    ],
  ])('begins where it was enabled, %s', (_when, enabled) => {
    expect(countOf('<iq type="result"/>', enabled, '<presence/>')).toBe(1)
  })

  test('is nobody’s business where nobody counts', () => {
    expect(() => countStanzas(new EventEmitter() as unknown as XmppEntity)).not.toThrow()
  })
})
