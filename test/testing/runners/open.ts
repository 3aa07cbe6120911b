import { domainOf, MemoryStorage, type OwnersFilter, type RosterStorage } from '../../../src/index.js'

/** Takes one filter at a time: where there are two, it does not look at the domain. */
class TakesOneFilter extends MemoryStorage {
  override async *owners({ domain, ...filter }: OwnersFilter = {}): AsyncGenerator<string, void, undefined> {
    for await (const owner of super.owners(filter)) {
      if (filter.with !== undefined || domain === undefined || domainOf(owner) === domain) yield owner
    }
  }
}

const storages = new Map<string, RosterStorage>()

/** What the runners try the contract on: the memory, or a broken one. */
export async function open(name: string): Promise<RosterStorage> {
  const make = process.env['BROKEN'] === undefined ? MemoryStorage : TakesOneFilter
  const storage = storages.get(name) ?? new make()
  storages.set(name, storage)
  return storage
}
