import { domainOf } from '../../../src/core/jid.js'
import { MemoryStorage } from '../../../src/storage/memory.js'
import type { OwnersFilter } from '../../../src/storage/port.js'
import { type Mutant, mutant } from './mutant.js'

/** The memory, with a fault in whom it names. */
const naming = (
  fault: string,
  breaks: string,
  owners: (memory: MemoryStorage, filter: OwnersFilter) => AsyncGenerator<string, void, undefined>,
): Mutant =>
  mutant(fault, breaks, () => {
    const memory = new MemoryStorage()
    return {
      load: (owner) => memory.load(owner),
      commit: (owner, change) => memory.commit(owner, change),
      owners: (filter = {}) => owners(memory, filter),
    }
  })

async function* firstPage(memory: MemoryStorage, filter: OwnersFilter) {
  let count = 0
  for await (const owner of memory.owners(filter)) if (count++ < 100) yield owner
}

async function* byOffset(memory: MemoryStorage, filter: OwnersFilter) {
  for (let offset = 0; ; offset++) {
    const page: string[] = []
    for await (const owner of memory.owners(filter)) page.push(owner)
    const owner = page[offset]
    if (owner === undefined) return
    yield owner
  }
}

async function* whileAny(memory: MemoryStorage, filter: OwnersFilter) {
  const revisions = new Map<string, string | undefined>()
  for (let found = true; found; ) {
    found = false
    for await (const owner of memory.owners(filter)) {
      const revision = (await memory.load(owner))?.revision
      if (revisions.get(owner) === revision) continue
      revisions.set(owner, revision)
      found = true
      yield owner
    }
  }
}

async function* bySuffix(memory: MemoryStorage, { domain = '', ...filter }: OwnersFilter) {
  for await (const owner of memory.owners(filter)) if (owner.endsWith(domain)) yield owner
}

async function* byLocalPart(memory: MemoryStorage, filter: OwnersFilter) {
  for await (const owner of memory.owners(filter)) if (filter.domain === undefined || owner.includes('@')) yield owner
}

async function* unstoppable(memory: MemoryStorage, { signal: _, ...filter }: OwnersFilter) {
  yield* memory.owners(filter)
}

async function* onceStarted(memory: MemoryStorage, { signal, ...filter }: OwnersFilter) {
  signal?.throwIfAborted()
  yield* memory.owners(filter)
}

async function* eitherFilter(memory: MemoryStorage, { domain, ...filter }: OwnersFilter) {
  for await (const owner of memory.owners(filter)) {
    if (filter.with !== undefined || domain === undefined || domainOf(owner) === domain) yield owner
  }
}

/** Each walk takes one of ten connections, and gives it back when it comes to its end. */
function* connections() {
  for (let left = 10; left > 0; left--) yield left
  throw new Error('the pool has no connection left')
}

const pooled = (): ReturnType<typeof naming> => {
  const pool = connections()
  return naming('keeps the cursor of a walk that is left early', 'a walk that is left early holds nothing back', walk)
  async function* walk(memory: MemoryStorage, filter: OwnersFilter) {
    pool.next()
    yield* memory.owners(filter)
  }
}

export const NAMING: readonly Mutant[] = [
  naming('names the first hundred', 'owners names every owner, at least once', firstPage),
  naming(
    'pages by offset',
    'owners that are there throughout are named although others come, change and go meanwhile',
    byOffset,
  ),
  naming(
    'names whoever is left',
    'a walk over what is owed ends, although its owners settle it and owe anew',
    whileAny,
  ),
  naming(
    'matches the end of the domain',
    'the domain of owners is matched exactly: neither its end, nor its case, nor as a pattern',
    bySuffix,
  ),
  naming('expects a local part', 'an owner that is a domain belongs to that domain', byLocalPart),
  naming('has no signal', 'a walk that was called off before it began rejects with the reason', unstoppable),
  naming('looks at its signal once', 'a walk that is called off on its way rejects with the reason', onceStarted),
  naming('takes one filter', 'with and domain together name whom both name', eitherFilter),
  pooled(),
]
