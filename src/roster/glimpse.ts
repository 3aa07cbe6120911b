import { parseStoredRoster } from '../storage/record.js'
import { fillBook } from './book.js'
import type { Component } from './component.js'
import { ComponentDesk } from './component-desk.js'
import { asStorageError } from './from-storage.js'

/** A desk for reading: it stays out of memory, its commands load the owner. */
export async function glimpse(component: Component, owner: string): Promise<ComponentDesk> {
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
