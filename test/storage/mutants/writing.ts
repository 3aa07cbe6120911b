import { setImmediate } from 'node:timers/promises'
import { MemoryStorage } from '../../../src/storage/memory.js'
import type { RosterChange, StoredItem, StoredRoster } from '../../../src/storage/port.js'
import { jidsOf, type Mutant, mutant, reading, writing } from './mutant.js'

/** Looks at the revision, waits for its database, and writes without looking again. */
class CheckThenWrite extends MemoryStorage {
  override async commit(owner: string, change: RosterChange) {
    const now = await super.load(owner)
    if (now?.revision === change.base) await setImmediate()
    const late = await super.load(owner)
    await super.commit(owner, now?.revision === change.base ? { ...change, base: late?.revision } : change)
  }
}

class CreateCheckThenWrite extends CheckThenWrite {
  override commit(owner: string, change: RosterChange) {
    return change.base === undefined
      ? super.commit(owner, change)
      : MemoryStorage.prototype.commit.call(this, owner, change)
  }
}

/** Deletes the row that is there after the wait. */
class EraseCheckThenWrite extends CheckThenWrite {
  override commit(owner: string, change: RosterChange) {
    return change.erase ? super.commit(owner, change) : MemoryStorage.prototype.commit.call(this, owner, change)
  }
}

class OtherErrors extends MemoryStorage {
  #busy = 0

  override async commit(owner: string, change: RosterChange) {
    this.#busy += 1
    try {
      await setImmediate()
      await super.commit(owner, change)
    } catch (cause) {
      throw this.#busy > 1 ? new Error('database is locked', { cause }) : cause
    } finally {
      this.#busy -= 1
    }
  }
}

class WritesOwedFirst extends MemoryStorage {
  override async commit(owner: string, change: RosterChange) {
    const now = await super.load(owner)
    if (now && change.owe) await super.commit(owner, { base: now.revision, revision: now.revision, owe: change.owe })
    await super.commit(owner, change)
  }
}

class RepeatSucceeds extends MemoryStorage {
  override async commit(owner: string, change: RosterChange) {
    const now = await super.load(owner)
    if (now?.revision !== change.revision) await super.commit(owner, change)
  }
}

class RemembersErased extends MemoryStorage {
  readonly #erased = new Map<string, StoredRoster>()

  override async commit(owner: string, change: RosterChange) {
    const now = await super.load(owner)
    const stale = now !== undefined && change.base === this.#erased.get(owner)?.revision
    await super.commit(owner, stale ? { ...change, base: now.revision } : change)
    if (change.erase && now) this.#erased.set(owner, now)
  }
}

/** Marks the roster as deleted, and clears the mark when it is made anew. */
class SoftDelete extends MemoryStorage {
  readonly #erased = new Map<string, StoredRoster>()

  override async commit(owner: string, change: RosterChange) {
    const now = await super.load(owner)
    const old = now === undefined ? this.#erased.get(owner) : undefined
    await super.commit(owner, old ? { ...change, put: [...old.items, ...(change.put ?? [])], owe: old.owed } : change)
    if (change.erase && now) this.#erased.set(owner, now)
  }
}

/** DELETE … WHERE with a column too few: the other owners' rows with the same contacts and ids go, too. */
class ErasesOthers extends MemoryStorage {
  override async commit(owner: string, change: RosterChange) {
    const now = await super.load(owner)
    await super.commit(owner, change)
    if (!change.erase) return
    for await (const other of super.owners()) {
      const base = (await super.load(other))?.revision
      if (base) await super.commit(other, { base, revision: base, remove: jidsOf(now?.items) })
    }
  }
}

class ErasesByPattern extends MemoryStorage {
  override async commit(owner: string, change: RosterChange) {
    await super.commit(owner, change)
    if (!change.erase) return
    for await (const other of super.owners()) {
      if (other.trim() !== owner.trim()) continue
      await super.commit(other, { base: (await super.load(other))?.revision, revision: '', erase: true })
    }
  }
}

class SettlesEverywhere extends MemoryStorage {
  override async commit(owner: string, change: RosterChange) {
    await super.commit(owner, change)
    for await (const other of super.owners({ with: 'owed' })) {
      const base = (await super.load(other))?.revision
      if (base && change.settle) await super.commit(other, { base, revision: base, settle: change.settle })
    }
  }
}

const merged = (item: StoredItem, now: StoredRoster | undefined): StoredItem => ({
  ...now?.items.find(({ jid }) => jid === item.jid),
  ...item,
})

const in32Bits = (item: StoredItem): StoredItem =>
  item.askedAt === undefined ? item : { ...item, askedAt: item.askedAt | 0 }

/** The memory, with a fault in what it makes of each item that is put. */
const putting = (fault: string, breaks: string, edit: (item: StoredItem) => StoredItem): Mutant =>
  writing(fault, breaks, (change) => (change.put ? { ...change, put: change.put.map(edit) } : change))

export const WRITING: readonly Mutant[] = [
  writing('the last writer wins', 'a commit from another revision conflicts', (change, now) =>
    now && change.base ? { ...change, base: now.revision } : change,
  ),
  writing('inserts or replaces', 'a commit without a base conflicts when the roster exists', (change, now) =>
    change.erase ? change : { ...change, base: change.base ?? now?.revision },
  ),
  writing('inserts what it should update', 'a commit with a base conflicts when there is no roster', (change, now) =>
    now ? change : { ...change, base: undefined },
  ),
  mutant(
    'writes in two transactions',
    'a commit that conflicts writes nothing, not even into an index',
    () => new WritesOwedFirst(),
  ),
  mutant(
    'takes a repeated commit for done',
    'a commit that is repeated after an unknown outcome conflicts, and the revision tells that it happened',
    () => new RepeatSucceeds(),
  ),
  writing('merges items', 'put replaces the whole item: what it does not say is gone', (change, now) =>
    change.put ? { ...change, put: change.put.map((item) => merged(item, now)) } : change,
  ),
  writing('removes by domain', 'remove takes only the items that it names', (change, now) =>
    change.remove ? { ...change, remove: jidsOf(now?.items) } : change,
  ),
  writing(
    'replaces the roster',
    'what a change does not name stays: items, version and what is owed',
    (change, now) => ({
      ...change,
      remove: jidsOf(now?.items),
    }),
  ),
  writing(
    'takes an empty version for none',
    'the version is the last one that a change gave, even an empty text',
    (change) => {
      const { version, ...rest } = change
      return version ? change : rest
    },
  ),
  writing('keeps the first revision', 'load gives the revision that the last commit made', (change) => ({
    ...change,
    revision: change.base ?? change.revision,
  })),
  writing(
    'removes after it puts',
    'what a change both removes and puts, or settles and owes, is there afterwards',
    (change) =>
      change.put ? { ...change, put: change.put.filter(({ jid }) => !change.remove?.includes(jid)) } : change,
  ),
  putting('keeps times in 32 bits', 'every field of an item comes back as it was put', in32Bits),
  writing('takes a thousand rows', 'ten thousand items are one commit, and a few of them are another', (change) =>
    change.put ? { ...change, put: change.put.slice(0, 1_000) } : change,
  ),
  reading(
    'creates what it is asked for',
    'an owner that nobody wrote has no roster, and asking for it makes none',
    (roster) => (roster === undefined ? { items: [], owed: [], revision: '' } : roster),
  ),
  reading('has no row for an empty roster', 'a roster may be empty: it exists and has a revision', (roster) =>
    roster?.items.length === 0 ? undefined : roster,
  ),
]

export const FILLING: readonly Mutant[] = [
  writing('takes a thousand variables', 'ten thousand items can be removed in one commit', (change) =>
    change.remove ? { ...change, remove: change.remove.slice(0, 1_000) } : change,
  ),
  writing('settles a page', 'a thousand stanzas are owed in one commit and settled in another', (change) =>
    change.settle ? { ...change, settle: change.settle.slice(0, 500) } : change,
  ),
  putting('trims', 'names, groups and versions come back letter by letter, blanks at their ends included', (item) => ({
    ...item,
    groups: item.groups.map((group) => group.trim()),
  })),
  putting(
    'cuts requests',
    'requests come back word for word, with a status of any length and any letters',
    ({ request, ...item }) =>
      request ? { ...item, request: { ...request, xml: request.xml.slice(0, 65_535) } } : item,
  ),
  putting('cuts groups', 'long names and groups come back as a whole', (item) => ({
    ...item,
    groups: item.groups.map((group) => group.slice(0, 255)),
  })),
  putting('takes the first moment for none', 'times come back as the numbers that they were', ({ askedAt, ...item }) =>
    askedAt ? { ...item, askedAt } : item,
  ),
]

export const ERASING: readonly Mutant[] = [
  writing(
    'erases whatever came in between',
    'an erasure from another revision conflicts and erases nothing',
    (change, now) => (change.erase ? { ...change, base: now?.revision } : change),
  ),
  mutant(
    'deletes softly',
    'a roster that is made anew after an erasure holds nothing of the old one',
    () => new SoftDelete(),
  ),
  mutant(
    'still takes the erased revision',
    'who still holds an erased roster conflicts, also when it was made anew',
    () => new RemembersErased(),
  ),
  mutant('erases a column too much', 'an erasure leaves the other owners alone', () => new ErasesOthers()),
  mutant(
    'pads spaces when it erases',
    'an erasure takes the owner that it names and none that looks like it',
    () => new ErasesByPattern(),
  ),
]

export const OWING: readonly Mutant[] = [
  reading('sorts by id', 'what is owed comes back in the order in which it was owed', (roster) =>
    roster ? { ...roster, owed: [...roster.owed].sort((a, b) => (a.id < b.id ? -1 : 1)) } : roster,
  ),
  writing('cuts long text', 'what is owed comes back word for word', (change) => ({
    ...change,
    owe: (change.owe ?? []).map((entry) => ({ ...entry, xml: entry.xml.slice(0, 32_767) })),
  })),
  writing('settles all', 'settle takes only the stanzas that it names', (change, now) =>
    change.settle ? { ...change, settle: now?.owed.map(({ id }) => id) ?? [] } : change,
  ),
  writing('either owes or settles', 'one commit may put, remove, settle and owe', (change) => {
    const { settle, ...rest } = change
    return change.owe ? rest : change
  }),
  writing(
    'ignores a known id',
    'a stanza that is owed again under its id takes the place of the former',
    (change, now) => ({
      ...change,
      owe: (change.owe ?? []).filter(({ id }) => !now?.owed.some((known) => known.id === id)),
    }),
  ),
  mutant('settles an id wherever it is', 'two owners may owe under the same id', () => new SettlesEverywhere()),
]

export const RACING: readonly Mutant[] = [
  mutant(
    'looks before it creates',
    'of many who create the same roster at once one succeeds, the others conflict',
    () => new CreateCheckThenWrite(),
  ),
  mutant(
    'says that the database is locked',
    'of many who commit from the same revision at once one succeeds, the others conflict',
    () => new OtherErrors(),
  ),
  mutant(
    'looks before it writes',
    'many writers of one roster who try again after a conflict lose no update',
    () => new CheckThenWrite(),
  ),
  mutant(
    'looks before it erases',
    'of many who erase and change from the same revision at once one succeeds, the others conflict',
    () => new EraseCheckThenWrite(),
  ),
]
