import { shorten } from '../../core/text.js'
import { assertNone, assertOwners, assertSame } from './assertions.js'
import { type Chapter, commit, create, forEach, item, OWNER, retrying } from './subject.js'

const bytesOf = (text: string): number => new TextEncoder().encode(text).length

/** 1,023 bytes, the most that a part of a JID has (RFC 7622 §3). */
const longPart = (letter: string): string => {
  const text = letter.repeat(Math.floor(1_022 / bytesOf(letter)))
  return text + 'x'.repeat(1_023 - bytesOf(text))
}

/** 2,047 bytes, the most that a bare JID has; only the last of them tells two apart. */
export const longest = (letter: string, last: string): string =>
  `${longPart(letter)}@${longPart(letter).slice(0, -1)}${last}`

/** Each would be taken for another one, or for no key at all, by something that people build storages with. */
export const HOSTILE: readonly string[] = [
  // Names that an object, a table or a collection has by itself.
  ...['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'length', '0', 'null', 'undefined'],
  ...['__proto__@example.com', 'constructor@example.com', 'items', 'owners', 'entries', '-0', '00', '1e3', 'true'],
  // Signs that mean something in a pattern, a query, a key or a path.
  ...['*', '?', '%', '_', '%25', '[a-z]', '{x}', '{x}@example.com', ':', 'a:b', 'a::b', '..', '#', ';--', '~'],
  ...["o'brien@example.com", "''@example.com", 'a"b@example.com', '""@example.com', '`a`@example.com', '$@example.com'],
  ...['a\\b@example.com', 'a\\\\b@example.com', 'a\\@example.com', 'a$1@example.com', 'a{x}b@example.com'],
  ...['a&amp;b@example.com', 'a&b@example.com', 'a<b@example.com', 'a%40b@example.com', 'a+b@example.com'],
  ...['a@b', 'a@b@c', 'a,b', 'a b', 'a|b', 'romeo@[::1]'],
  // Texts that a collation takes for the same.
  ...['andre@example.com', 'andré@example.com', 'andre\u0301@example.com', 'André@example.com', 'ANDRE@EXAMPLE.COM'],
  ...[
    'strasse@example.com',
    'straße@example.com',
    'ſs@example.com',
    'ss@example.com',
    'æ@example.com',
    'ae@example.com',
  ],
  ...['ıi@example.com', 'ii@example.com', 'Ii@example.com', 'σ@example.com', 'ς@example.com', 'и@example.com'],
  ...['ス@example.com', 'ｽ@example.com', 'す@example.com', 'й@example.com', '٣@example.com', '3@example.com'],
  ...['space@example.com', 'space@example.com ', ' space@example.com', 'spa ce@example.com', 'spa\u00a0ce@example.com'],
  ...[
    '\u{1F339}@example.com',
    '\u{1F33A}@example.com',
    '\u{1F469}\u200d\u{1F680}@example.com',
    '\u{1F469}\u{1F680}@example.com',
  ],
  ...['\ufffd@example.com', '\uffe6@example.com', '\u{10FFFD}@example.com'],
  ...[
    longest('a', '1'),
    longest('a', '2'),
    longest('é', '1'),
    longest('é', '2'),
    longest('\u{1F339}', '1'),
    longest('\u{1F339}', '2'),
  ],
]

const EVEN = HOSTILE.filter((_, index) => index % 2 === 0)
const ODD = HOSTILE.filter((_, index) => index % 2 === 1)

export const KEYS: Chapter = {
  'owners are told apart byte by byte, whatever they are made of': async ({ storage, other }) => {
    // Not one that creates: two owners that are one to the storage must be found in what it holds, not in a conflict.
    await forEach(HOSTILE, (owner) => retrying(storage, owner, () => ({ version: owner })))
    await forEach(HOSTILE, async (owner) =>
      assertSame((await other.load(owner))?.version, owner, `${shorten(owner)} has the roster of somebody else`),
    )
    await assertOwners(other, HOSTILE)
  },

  'contacts are told apart byte by byte, whatever they are made of': async ({ storage, other }) => {
    const put = HOSTILE.map((jid, index) => item(jid, { name: String(index) }))
    const base = await create(storage, OWNER, { put })
    // Most of these keys are no JIDs, so they would not pass the border: this is about the storage alone.
    const namesOf = async () => new Map((await other.load(OWNER))?.items.map(({ jid, name }) => [jid, name]))
    assertSame(await namesOf(), new Map(put.map(({ jid, name }) => [jid, name])), 'a contact is taken for another one')
    await commit(storage, OWNER, base, { remove: ODD })
    assertSame([...(await namesOf()).keys()].sort(), [...EVEN].sort(), 'others were removed than those that were named')
  },

  'an erasure takes the owner that it names and none that looks like it': async ({ storage }) => {
    await forEach(HOSTILE, (owner) => retrying(storage, owner, () => ({ put: [item(owner)] })))
    await forEach(ODD, (owner) => retrying(storage, owner, () => ({ erase: true })))
    await forEach(ODD, (owner) => assertNone(storage, owner))
    await forEach(EVEN, async (owner) => {
      assertSame((await storage.load(owner))?.items.length, 1, `the roster of ${shorten(owner)} is not what it was`)
    })
    await assertOwners(storage, EVEN)
  },
}
