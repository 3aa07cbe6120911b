import { jid } from '@xmpp/client'
import { describe, expect, it } from 'vitest'
import {
  bareDomain,
  bareJid,
  domainOf,
  fullJid,
  isDomainJid,
  localOf,
  parseJid,
  toBareList,
} from '../../src/core/jid.js'
import { expectMalformed } from './jid-arbitraries.js'

describe('the parts of a JID', () => {
  it.each([
    ['juliet@capulet.example/balcony', 'juliet', 'capulet.example'],
    ['juliet@capulet.example', 'juliet', 'capulet.example'],
    ['capulet.example/a@b', undefined, 'capulet.example'],
    ['[::1]', undefined, '[::1]'],
  ])('%s', (text, local, domain) => {
    expect(localOf(text)).toBe(local)
    expect(domainOf(text)).toBe(domain)
    expect(isDomainJid(text)).toBe(local === undefined)
  })

  it('a domain in canonical form; an account is none', () => {
    expect(bareDomain('Capulet.EXAMPLE/x')).toBe('capulet.example')
    for (const none of ['juliet@capulet.example', '', '@', '*']) expectMalformed(() => bareDomain(none))
  })

  it.each([
    ['Juliet@example.com/Balcony', 'juliet@example.com', 'Balcony'],
    ['juliet@example.com/foo bar', 'juliet@example.com', 'foo bar'],
    ['juliet@example.com/foo@bar/baz', 'juliet@example.com', 'foo@bar/baz'],
    ['king@example.com/♚', 'king@example.com', '♚'],
    ['example.com/\u00a0\u3000x', 'example.com', '  x'],
    ['a@b/E\u0301ＡⅣﬁ', 'a@b', 'ÉＡⅣﬁ'],
    ['a@b/😀', 'a@b', '😀'],
    ['a@b', 'a@b', undefined],
  ])('%s has the resource that OpaqueString makes of it', (text, bare, resource) => {
    expect(parseJid(text)).toEqual({ bare, resource })
    expect(fullJid(bare, resource)).toBe(resource === undefined ? bare : `${bare}/${resource}`)
  })

  it.each([
    '',
    'a\0',
    'a\n',
    '\u007f',
    'a\u200bb',
    '\u00ad',
    '\ud800',
    '\ue000',
    '\ufffe',
    '\u0378',
    '\u1100',
    '\u2028',
    'a\u200db',
  ])('the resource %j is refused', (resource) => expectMalformed(() => parseJid(`a@b/${resource}`)))

  it('each part has 1 to 1023 bytes, counted in UTF-8 after all mapping', () => {
    const domain = `${`${'d'.repeat(63)}.`.repeat(15)}${'d'.repeat(63)}`
    for (const local of ['a'.repeat(1023), `a${'é'.repeat(511)}`, 'ａ'.repeat(1023), 'E\u0301'.repeat(511)]) {
      const parsed = parseJid(`${local}@${domain}/${'r'.repeat(1023)}`)
      expect(new TextEncoder().encode(parsed.bare).length).toBeLessThanOrEqual(2047)
    }
    expect(bareJid(`${'a'.repeat(1023)}@${domain}`)).toHaveLength(2047)
    expectMalformed(() => bareJid(`${'a'.repeat(1024)}@b`))
    expectMalformed(() => bareJid(`${'é'.repeat(512)}@b`))
    expectMalformed(() => bareJid(`a@${domain}.d`))
    expectMalformed(() => parseJid(`a@b/${'r'.repeat(1024)}`))
    expectMalformed(() => parseJid(`a@b/${'é'.repeat(512)}`))
  })
})

describe('toBareList', () => {
  it('makes each JID canonical and keeps it once, in order', () => {
    expect([...toBareList(['b@x', 'A@X/r', jid('a', 'x'), 'c@x'])]).toEqual(['b@x', 'a@x', 'c@x'])
    expect([...toBareList(new Set(['A@X', 'a@x']))]).toEqual(['a@x'])
    expect(toBareList([]).size).toBe(0)
  })

  const broken = {
    [Symbol.iterator]() {
      throw 'no list'
    },
  }
  it.each([
    ['a@b'],
    [''],
    [undefined],
    [null],
    [7],
    [{}],
    [() => []],
    [broken],
    [new Map([['a@b', 1]])],
    [['a@b', '']],
    [[undefined]],
  ])('%j is refused: its letters, or nothing, would be taken for JIDs', (list) =>
    expectMalformed(() => toBareList(list as never)),
  )
})
