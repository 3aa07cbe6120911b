import type { RosterStorage } from '../../src/storage/port.js'

/** How the contract gets its storages: the same name is another view of the same storage. */
export type Open = (name: string) => Promise<RosterStorage>

/** All views of a name are one object. */
export const shared = (make: () => RosterStorage): Open => viewed(make, (storage) => storage)

/** Each view is an object of its own in front of what they share. */
export function viewed<S>(make: () => S, view: (storage: S) => RosterStorage): Open {
  const storages = new Map<string, S>()
  return async (name) => {
    const storage = storages.get(name) ?? make()
    storages.set(name, storage)
    return view(storage)
  }
}
