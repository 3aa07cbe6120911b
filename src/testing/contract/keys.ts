import assert from 'node:assert/strict'
import { commit, create, item, OWNER, ownersOf, type Promised } from './subject.js'

const bytesOf = (text: string): number => new TextEncoder().encode(text).length

/** 1,023 bytes, the most that a part of a JID has (RFC 7622 §3). */
const longPart = (letter: string): string => {
  const text = letter.repeat(Math.floor(1_022 / bytesOf(letter)))
  return text + 'x'.repeat(1_023 - bytesOf(text))
}

/** 2,047 bytes, the most that a bare JID has; only the last of them tells two apart. */
const long = (letter: string, last: string): string => `${longPart(letter)}@${longPart(letter).slice(0, -1)}${last}`

/** Each would be taken for another one, or for no key at all, by something that people build storages with. */
const HOSTILE: readonly string[] = [
  ...['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'length', '0', 'null', 'undefined'],
  ...['items', 'owners', 'entries', '*', '?', '%', '_', '%25', '[a-z]', '{x}', ':', 'a:b', 'a::b', '..', '#', ';--'],
  ...[
    "o'brien@example.com",
    'a"b@example.com',
    '`a`@example.com',
    'a\\b@example.com',
    'a$1@example.com',
    'a&amp;b@example.com',
  ],
  ...['a@b', 'a@b@c', 'a,b', 'a b', 'a|b', 'romeo@[::1]', 'a%40b@example.com', '\u{1F339}@example.com'],
  ...['andre@example.com', 'andré@example.com', 'andre\u0301@example.com', 'André@example.com', 'ANDRE@EXAMPLE.COM'],
  ...[
    'strasse@example.com',
    'straße@example.com',
    'ıi@example.com',
    'ii@example.com',
    'Ii@example.com',
    'ſs@example.com',
  ],
  ...[
    'space@example.com',
    'space@example.com ',
    ' space@example.com',
    'ス@example.com',
    'ｽ@example.com',
    'す@example.com',
  ],
  ...[long('a', '1'), long('a', '2'), long('é', '1'), long('é', '2'), long('\u{1F339}', '1'), long('\u{1F339}', '2')],
]

export function keyPromises(promise: Promised): void {
  promise('owners are told apart byte by byte, whatever they are made of', async ({ storage, other }) => {
    for (const [index, owner] of HOSTILE.entries()) {
      assert.equal(await storage.load(owner), undefined, `nobody wrote ${owner} yet`)
      await create(storage, owner, { version: String(index) })
    }
    for (const [index, owner] of HOSTILE.entries()) {
      assert.equal((await other.load(owner))?.version, String(index), `${owner} has a roster of its own`)
    }
    assert.deepEqual(await ownersOf(other), [...HOSTILE].sort())
  })

  promise('contacts are told apart byte by byte, whatever they are made of', async ({ storage, other }) => {
    const put = HOSTILE.map((jid, index) => item(jid, { name: String(index), groups: [jid, `${jid} `] }))
    const base = await create(storage, OWNER, { put })
    // The keys are no JIDs, so they would not pass the border: this is about the storage alone.
    const namesOf = async () =>
      new Map((await other.load(OWNER))?.items.map(({ jid, name, groups }) => [jid, [name, ...groups]]))
    assert.deepEqual(await namesOf(), new Map(put.map(({ jid, name, groups }) => [jid, [name, ...groups]])))
    const odd = HOSTILE.filter((_, index) => index % 2 === 1)
    await commit(storage, OWNER, base, { remove: odd })
    const even = HOSTILE.filter((_, index) => index % 2 === 0)
    assert.deepEqual([...(await namesOf()).keys()].sort(), [...even].sort())
  })

  promise('an erasure takes the owner that it names and none that looks like it', async ({ storage }) => {
    const revisions = new Map<string, string>()
    for (const owner of HOSTILE) revisions.set(owner, await create(storage, owner, { put: [item(owner)] }))
    const [erased, kept] = [
      HOSTILE.filter((_, index) => index % 2 === 1),
      HOSTILE.filter((_, index) => index % 2 === 0),
    ]
    for (const owner of erased) await commit(storage, owner, revisions.get(owner), { erase: true })
    for (const owner of erased) assert.equal(await storage.load(owner), undefined, `${owner} is gone`)
    for (const owner of kept) assert.equal((await storage.load(owner))?.items.length, 1, `${owner} keeps its contact`)
  })
}
