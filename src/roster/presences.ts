import { type ContactPresence, contactPresence, type Presence } from '../core/presence.js'

const NOBODY: ReadonlyMap<string, Presence> = new Map()

/** Who is available, resource by resource, as long as a session lasts. */
export class Presences {
  readonly #contacts = new Map<string, Map<string, Presence>>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  get(contact: string, resource: string): Presence | undefined {
    return this.#contacts.get(contact)?.get(resource)
  }

  has(contact: string): boolean {
    return this.#contacts.has(contact)
  }

  /** Keeps a presence. Returns the resource that had to go for it. */
  set(contact: string, presence: Presence): Presence | undefined {
    const resources = this.#contacts.get(contact)
    if (resources === undefined) {
      this.#contacts.set(contact, new Map([[presence.resource, presence]]))
      return undefined
    }
    resources.set(presence.resource, presence)
    return resources.size > this.#limit ? this.#dropOldest(resources) : undefined
  }

  #dropOldest(resources: Map<string, Presence>): Presence | undefined {
    const [oldest] = resources.values()
    if (oldest !== undefined) resources.delete(oldest.resource)
    return oldest
  }

  delete(contact: string, resource: string): Presence | undefined {
    const resources = this.#contacts.get(contact)
    const previous = resources?.get(resource)
    if (resources === undefined || previous === undefined) return undefined
    resources.delete(resource)
    if (resources.size === 0) this.#contacts.delete(contact)
    return previous
  }

  resources(contact: string): readonly Presence[] {
    return [...(this.#contacts.get(contact)?.values() ?? [])]
  }

  contacts(): readonly string[] {
    return [...this.#contacts.keys()]
  }

  /** A copy: what is handed out does not change. */
  view(contact: string): ContactPresence {
    const resources = this.#contacts.get(contact)
    return contactPresence(resources === undefined ? NOBODY : new Map(resources))
  }
}
