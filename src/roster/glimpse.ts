import type { OwnersFilter } from '../storage/port.js'
import { parseStoredRoster } from '../storage/record.js'
import { fillBook } from './book.js'
import type { Component } from './component.js'
import { ComponentDesk } from './component-desk.js'
import type { SubscriptionRequest } from './events.js'
import { asStorageError, ownersOf } from './from-storage.js'
import { isAboutOne } from './loader.js'

/** A desk for reading: it stays out of memory, its commands load the owner. */
async function glimpse(component: Component, owner: string): Promise<ComponentDesk> {
  const desk = new ComponentDesk(component)
  const { book } = desk.bind(owner)
  try {
    const stored = await component.world.settings.storage.load(owner)
    if (stored !== undefined) fillBook(book, parseStoredRoster(owner, stored))
  } catch (cause) {
    throw asStorageError(owner, cause)
  }
  desk.standIn()
  return desk
}

/** The requests of all owners; one whose roster cannot be read keeps nobody from seeing those of the others. */
export async function* pendingOf(
  component: Component,
  filter: Omit<OwnersFilter, 'with'>,
): AsyncIterableIterator<SubscriptionRequest> {
  const { settings, bus } = component.world
  for await (const owner of ownersOf(settings.storage, { ...filter, with: 'request' })) {
    try {
      const desk = component.get(owner) ?? (await glimpse(component, owner))
      yield* desk.requests()
    } catch (cause) {
      const error = asStorageError(owner, cause)
      if (!isAboutOne(error)) throw error
      bus.error(error)
    }
  }
}
