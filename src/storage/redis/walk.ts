import type { OwnersFilter } from '../port.js'
import { ALL, readFailed } from './errors.js'
import { BUCKETS, type Index, type Keys, ownerOf, rangeOf } from './keys.js'
import { PAGE } from './lua.js'
import { listOf, stringOf } from './rows.js'
import type { Runner } from './runner.js'

/** Names that are asked for at once. */
const PAGE_SIZE = 500

/** Buckets that are asked at once: most are small. */
const ABREAST = 32

/** Where a walk reads. `check` throws when the storage was closed. */
export interface WalkPort {
  readonly runner: Runner
  readonly keys: Keys
  readonly check: () => void
}

/** Bucket by bucket, in the order of the names: who comes and goes meanwhile moves nobody else, so nobody is passed over. */
export async function* walk(port: WalkPort, filter: OwnersFilter): AsyncGenerator<string, void, undefined> {
  const { domain, with: index = 'owners', signal } = filter
  const check = (): void => {
    signal?.throwIfAborted()
    port.check()
  }
  check()
  for (let first = 0; first < BUCKETS; first += ABREAST) {
    const buckets = Array.from({ length: ABREAST }, (_, offset) => port.keys.index(first + offset, index as Index))
    const pages = await Promise.all(buckets.map((key) => pageOf(port, key, domain)))
    for (const [offset, key] of buckets.entries()) {
      for await (const member of members(port, key, domain, pages[offset] ?? [])) {
        check()
        yield ownerOf(member)
      }
    }
    check()
  }
}

async function* members(port: WalkPort, key: string, domain: string | undefined, firstPage: readonly string[]) {
  let page = firstPage
  for (;;) {
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE_SIZE) return
    page = await pageOf(port, key, domain, last)
  }
}

async function pageOf(
  { runner }: WalkPort,
  key: string,
  domain: string | undefined,
  after?: string,
): Promise<readonly string[]> {
  const { min, max } = rangeOf(domain)
  try {
    const reply = await runner.run(PAGE, [key], [after === undefined ? min : `(${after}`, max, String(PAGE_SIZE)])
    return listOf(ALL, reply).map((member) => stringOf(ALL, member))
  } catch (cause) {
    throw readFailed(ALL, cause)
  }
}
