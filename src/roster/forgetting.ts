import { step } from '../core/step.js'
import type { Component } from './component.js'
import type { Owner } from './owner.js'

/** What {@link Component.forget} has done, and will do. */
export interface Forgotten {
  readonly existed: boolean
  readonly erased: Promise<void>
}

export const NOBODY: Forgotten = { existed: false, erased: Promise.resolve() }

/** Ends every subscription of an owner that is there; erases its roster once what is owed for it was sent. */
export async function forget(component: Component, jid: string): Promise<Forgotten> {
  const desk = await component.reach(jid)
  if (desk === undefined || (desk.owner().book.revision === undefined && desk.owner().book.items.size === 0))
    return NOBODY
  if (desk.isOpen) await desk.announcer.withdraw()
  await endAll(desk.owner())
  const { ledger } = desk.owner()
  const erase = async (): Promise<void> => {
    ledger.stop()
    if (desk !== component.own) component.drop(desk)
    await ledger.settled()
    await ledger.erase()
  }
  return { existed: true, erased: ledger.outbox.drained().then(() => component.underWay.add(erase())) }
}

/** Ends every subscription; what is owed for it is stored. */
async function endAll(owner: Owner): Promise<void> {
  const now = owner.world.settings.clock.now()
  await owner.ledger.run((draft) => {
    const told = [...owner.book.known()].map((jid) =>
      owner.enter(draft, step(draft.contact(jid), { kind: 'end' }, now)),
    )
    return { value: undefined, told: () => runAll(told) }
  })
}

function runAll(acts: readonly (() => void)[]): void {
  for (const act of acts) act()
}
