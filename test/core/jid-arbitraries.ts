import fc from 'fast-check'
import { expect } from 'vitest'
import { RosterError } from '../../src/core/errors.js'

/** Any UTF-16 at all, lone surrogates and controls included. */
export const anyText = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units))

const TRICKY = [
  ...['a', 'Z', 'é', 'E\u0301', 'ß', 'Σ', 'ς', 'σ', 'İ', 'K', 'Å', 'ﬁ', 'ａ', 'Ｂ', 'ｶ', 'ﾞ', 'Ⅳ', '漢', '한', 'ㅎ'],
  ...['@', '/', '.', '。', '．', '｡', '-', '--', 'xn--', 'xn--9ca', ' ', '\u3000', '\\20', '[', ']', ':', '::1', '%25'],
  ...['א', 'ب', '٣', '۳', '\u0301', '\u200c', '\u200d', '\u200b', '·', 'l', '・', 'ア', '7', '\ud800', '\0', '😀'],
]
/** Text made of what the rules are about, so that much of it is nearly a JID. */
const trickyText = fc.array(fc.constantFrom(...TRICKY), { maxLength: 12 }).map((parts) => parts.join(''))
const part = fc.oneof(
  trickyText,
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.string({ minLength: 1, maxLength: 8 }),
)

/** Text in the shape of a JID, with and without its optional parts. */
export const nearlyJid = fc
  .tuple(fc.option(part), part, fc.option(part))
  .map(
    ([local, domain, resource]) =>
      `${local === null ? '' : `${local}@`}${domain}${resource === null ? '' : `/${resource}`}`,
  )

/** The result, or `undefined` after the one error that is promised; any other error fails the test. */
export function orMalformed<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    expect(error).toBeInstanceOf(RosterError)
    expect(error).toMatchObject({ name: 'RosterError', code: 'JID_MALFORMED' })
    expect((error as RosterError).message.length).toBeLessThan(1000)
    return undefined
  }
}

/** Passes when the call is refused with JID_MALFORMED. */
export function expectMalformed(call: () => unknown): void {
  let result: unknown
  expect(orMalformed(() => (result = [call()]))).toBeUndefined()
  expect(result).toBeUndefined()
}
