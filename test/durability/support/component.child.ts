// A component in a process of its own, with a storage of its own; it kills itself at the instant that it is told.
import { setTimeout as delay } from 'node:timers/promises'
import { component } from '@xmpp/component'
import type { Element } from 'ltx'
import { Roster, type SubscriptionPolicy } from '../../../src/index.js'
import { type ManualClock, manualClock } from '../../../src/testing/clock.js'
import type { TestComponent } from '../../servers/support/entity.js'
import type { Deed, Life, Order, Report } from './messages.js'
import { Points, watchedStorage } from './points.js'
import { openStorage } from './storages.js'

/** How far its time goes at each step, in milliseconds: several steps until what was sent counts as received. */
const STEP = 100
/** How long a step takes at least, in milliseconds: what is done a second later is done within the test. */
const STEP_TAKES = 2
/** In its time; nobody is to be given up because the machine is busy. */
const LONG = 3_600_000

const tell = (report: Report): void => void process.send?.(report)

const reading: (() => void)[] = []

/** Resolves once the server has read what this process has written until now. */
function read(): Promise<void> {
  return new Promise((resolve) => {
    reading.push(resolve)
    tell({ kind: 'wrote' })
  })
}

/**
 * Time goes on when the server has read what was sent: the server of a process that is killed loses the rest, and however
 * busy the machine, it is not to need longer than the library believes.
 */
async function passTime(clock: ManualClock): Promise<never> {
  for (;;) {
    await delay(STEP_TAKES)
    await read()
    await clock.advance(STEP)
  }
}

/** Owners whose name begins with "auto" accept everybody, after a moment; the others leave it to the application. */
const policy: SubscriptionPolicy = async ({ owner }) => {
  if (!owner.startsWith('auto')) return null
  await new Promise((resolve) => setImmediate(resolve))
  return 'authorize'
}

/** Each presence that is sent has an instant before, within and after. */
function watchSending(entity: TestComponent, points: Points): void {
  const send = entity.send.bind(entity)
  entity.send = (stanza: Element) => {
    if (stanza.name !== 'presence') return send(stanza)
    const { from = '', to = '', type } = stanza.attrs as { from?: string; to?: string; type?: string }
    return points.through(`send ${type ?? 'available'}`, () => {
      points.note({ kind: 'sends', from, to, type })
      return send(stanza)
    })
  }
  entity.sendMany = async (stanzas) => {
    for (const stanza of stanzas) await entity.send(stanza)
  }
}

/** Opened while somebody else is still alive: whoever takes over has only to connect. */
const opening = openStorage(process.argv[2] ?? '')

async function live({ service, domain, secret, owners, first, journal, now, death }: Life) {
  const points = new Points(journal)
  points.note({ kind: 'born' })
  points.arm(death)
  const { storage } = await opening
  const entity = component({ service, domain, password: secret }) as unknown as TestComponent
  const fail = (error: unknown): void =>
    tell({ kind: 'failed', message: error instanceof Error ? `${error.stack}\n${String(error.cause)}` : String(error) })
  entity.on('error', fail)
  watchSending(entity, points)
  const clock = manualClock(now)
  const roster = new Roster(entity, {
    storage: watchedStorage(storage, points),
    autoAuthorize: policy,
    owners,
    policyTimeout: LONG,
    timeout: LONG,
    clock,
  })
  roster.on('error', fail)
  passTime(clock).catch(fail)
  entity.on('online', () => tell({ kind: 'online' }))
  for (const deed of first) await carryOut(roster, deed)
  await entity.start()
  return { points, roster }
}

async function carryOut(roster: Roster, { command, owner, contact }: Deed): Promise<void> {
  await (await roster.open(owner))[command](contact)
}

let running: Promise<{ readonly points: Points; readonly roster: Roster }> | undefined

process.on('message', async (order: Order) => {
  if (order.kind === 'read') return reading.shift()?.()
  try {
    if (order.kind === 'live') running = live(order.life)
    const living = await running
    if (living === undefined || order.kind === 'live') return
    if (order.kind === 'die') {
      tell({ kind: 'armed', passed: living.points.arm(order.death) })
      return
    }
    if (order.kind === 'open') await living.roster.open(order.owner)
    else if (order.kind === 'forget') await living.roster.forget(order.owner)
    else await carryOut(living.roster, order.deed)
    tell({ kind: 'done' })
  } catch (error) {
    tell({ kind: 'failed', message: `${order.kind}: ${error instanceof Error ? error.stack : String(error)}` })
  }
})
process.on('disconnect', () => process.exit())
opening.then(
  () => tell({ kind: 'loaded' }),
  (error: unknown) => tell({ kind: 'failed', message: String(error) }),
)
