import type { Component } from './component.js'
import type { ComponentDesk } from './component-desk.js'

/** What was sent is written down: nobody sends it again when this owner is in memory here no more. */
async function settle(desk: ComponentDesk): Promise<void> {
  const { ledger } = desk.owner()
  ledger.stop()
  if (ledger.outbox.sent.length > 0) ledger.settleNow()
  await ledger.settled()
}

/** One owner ends here: it says goodbye, and what is under way is sent and written down. */
export async function finish(desk: ComponentDesk): Promise<void> {
  const { ledger } = desk.owner()
  await desk.announcer.withdraw()
  await ledger.settled()
  await ledger.outbox.written()
  await settle(desk)
}

/**
 * All owners end here. Nobody is heard and nobody comes into memory any more, but what was given before still ends: it is
 * stored, sent and written down. What a lost connection keeps from being sent stays owed, and what other processes owe
 * is theirs.
 */
export async function finishAll(component: Component, announce: boolean): Promise<void> {
  const desks = [...component.held.values()]
  if (announce) for (const desk of desks) await desk.announcer.withdraw()
  await component.underWay.ended()
  for (const desk of desks) await desk.owner().ledger.settled()
  await Promise.all(desks.map((desk) => desk.owner().ledger.outbox.written()))
  for (const desk of desks) {
    if (component.isAbandoned) return
    await settle(desk)
  }
  await component.underWay.ended()
}
