import { step } from '../core/step.js'
import type { Bus } from './bus.js'
import type { Component } from './component.js'
import type { ComponentDesk } from './component-desk.js'
import { asStorageError } from './from-storage.js'
import { givenUpAt } from './outbox.js'
import type { Owner } from './owner.js'

/** How soon an erasure that failed is tried again where nobody else would, in milliseconds. */
const AGAIN_AFTER = 30_000

/** What {@link Component.forget} has done, and will do. */
export interface Forgotten {
  readonly existed: boolean
  readonly erased: Promise<void>
}

/** Ends every subscription of an owner that is there, and erases its roster once what is owed for it was sent. */
export async function forget(component: Component, jid: string): Promise<Forgotten> {
  const desk = await component.reach(jid)
  if (desk === undefined || (desk.owner().book.revision === undefined && desk.owner().book.items.size === 0))
    return { existed: false, erased: Promise.resolve() }
  if (desk.isOpen) await desk.announcer.withdraw()
  await endAll(desk.owner())
  component.unopen(desk)
  return { existed: true, erased: desk.erasing.erase() }
}

/** Ends every subscription; that the roster is to be erased is owed with the rest, so that it happens whoever dies over it. */
async function endAll(owner: Owner): Promise<void> {
  const now = owner.world.settings.clock.now()
  const { book } = owner
  await owner.ledger.run((draft) => {
    if (book.erasure !== undefined) draft.settle.push(book.erasure.id)
    const told = [...book.known()].map((jid) => owner.enter(draft, step(draft.contact(jid), { kind: 'end' }, now)))
    draft.sends.push({ type: 'forget', to: owner.jid })
    return { value: undefined, told: () => runAll(told) }
  })
}

/** Of an erasure that nobody waits for. After `close` it is for others, or for the next start. */
export function tellNotErased(bus: Bus, owner: string, cause: unknown): void {
  const error = asStorageError(owner, cause)
  if (error.code !== 'CLOSED') bus.error(error)
}

function runAll(acts: readonly (() => void)[]): void {
  for (const act of acts) act()
}

/** The roster of an owner that was forgotten, here or by a process that died over it: it goes, unless the owner lives on. */
export class Erasing {
  readonly #component: Component
  readonly #desk: ComponentDesk
  #cancel: (() => void) | undefined
  #hasStopped = false

  constructor(component: Component, desk: ComponentDesk) {
    this.#component = component
    this.#desk = desk
  }

  /** Whoever has forgotten the owner has its time to erase it; then it is done here. */
  await(): void {
    const { book, world } = this.#desk.owner()
    const { clock } = world.settings
    if (book.erasure !== undefined) this.#eraseIn(Math.max(0, givenUpAt(book.erasure) - clock.now()))
  }

  #eraseIn(ms: number): void {
    if (this.#hasStopped) return
    this.#cancel ??= this.#component.world.settings.clock.after(ms, () => {
      this.#cancel = undefined
      const { jid, world } = this.#desk.owner()
      this.erase().catch((cause: unknown) => tellNotErased(world.bus, jid, cause))
    })
  }

  /** Resolves when it is erased, or lives on: somebody opened the owner, or changed its roster, meanwhile. */
  async erase(): Promise<void> {
    const { book, ledger } = this.#desk.owner()
    const mark = book.erasure
    await ledger.outbox.drained()
    if (mark === undefined || book.erasure?.id !== mark.id) return
    try {
      await this.#component.underWay.add(this.#eraseNow(mark.id))
    } catch (cause) {
      // The component's own roster stays in memory: nobody else finds it by what it owes.
      this.#eraseIn(AGAIN_AFTER)
      throw cause
    }
  }

  async #eraseNow(mark: string): Promise<void> {
    const { ledger } = this.#desk.owner()
    ledger.stop()
    if (this.#desk !== this.#component.own) this.#component.drop(this.#desk)
    await ledger.settled()
    await ledger.erase(mark)
  }

  /** For good. */
  stop(): void {
    this.#hasStopped = true
    this.#cancel?.()
    this.#cancel = undefined
  }
}
