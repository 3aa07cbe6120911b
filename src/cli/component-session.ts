import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { bareJid, domainOf } from '../core/jid.js'
import type { RosterStorage } from '../storage/port.js'
import type { XmppEntity } from '../xmpp/entity.js'
import type { ComponentAccount } from './account.js'
import { makeDataFolder, makePrivate } from './cache.js'
import { type Connection, connect, timeoutOf } from './connection.js'
import type { Context } from './context.js'
import { notFound, usage } from './errors.js'
import { dataFolder } from './folders.js'
import { rosterMaker } from './roster-maker.js'
import { openRosters } from './rosters-file.js'
import type { Need, Session } from './session.js'

/**
 * Works on a roster that a component keeps, in its SQLite file. What only reads needs no connection, and makes no roster where
 * there is none. What changes is stored with what it owes to others: with a service the command connects as the component and
 * sends it; a server that allows one connection at a time (Prosody) refuses that while the component itself is running.
 * Without a service the component sends it, within half a minute where it runs.
 */
export async function withComponentRoster<T>(
  account: ComponentAccount,
  context: Context,
  need: Need,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const owner = ownerOf(account, context)
  const { storage, path } = await openStorage(account, context, need)
  try {
    if (need.reads === true && (await storage.load(owner)) === undefined)
      throw notFound(`${path} has no roster of ${owner}.`)
    return await withOwner(account, owner, storage, context, need, work)
  } finally {
    await storage.close?.()
  }
}

function ownerOf({ owner, domain }: ComponentAccount, { globals }: Context): string {
  const named = globals.owner ?? owner
  if (named === undefined) throw usage(`Whose roster? --owner JID names one of ${domain}.`)
  const jid = bareJid(named)
  if (domainOf(jid) !== domain) throw usage(`${jid} is not one of ${domain}.`)
  return jid
}

/**
 * The storage of a component: unlike a cache it is the only place where its rosters are, so it must be there. Only the file in
 * the data folder, which nobody has named, is made by the first change.
 */
export async function openStorage(
  account: ComponentAccount,
  context: Context,
  need: Need,
): Promise<{ readonly storage: RosterStorage; readonly path: string }> {
  if (account.storage !== undefined) return { storage: await openRosters(account.storage), path: account.storage }
  const path = join(dataFolder(context.world), `${account.domain}.sqlite`)
  if (need.reads === true && !existsSync(path))
    throw notFound(`${path} is not there: ${account.domain} has no rosters yet.`)
  await makeDataFolder(context)
  await makePrivate(path)
  const { SqliteStorage } = await import('../sqlite.js')
  return { storage: await SqliteStorage.open(path), path }
}

async function withOwner<T>(
  account: ComponentAccount,
  owner: string,
  storage: RosterStorage,
  context: Context,
  need: Need,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const make = await rosterMaker(context, storage)
  const isAlone = need.reads === true || account.service === undefined
  const connection = isAlone ? unconnected(account, context, make) : await connect(account, context, make)
  const { made: roster, entity, signal, stop } = connection
  const call = { signal, timeout: timeoutOf(context) }
  try {
    const own = await roster.open(owner, call)
    const done = (): Promise<void> => Promise.resolve()
    const session = {
      kind: 'component',
      roster,
      own,
      call,
      announce: done,
      announceHidden: done,
      settle: done,
    } as const
    return await work({ ...session, entity: isAlone ? undefined : entity })
  } finally {
    // Whoever else runs the component goes on: nobody is told that it leaves.
    await roster.close({ announce: false, timeout: timeoutOf(context) }).catch(() => undefined)
    await stop()
  }
}

/** An entity that never comes online: enough for reading. */
function unconnected<T>(
  { domain }: ComponentAccount,
  { signal }: Context,
  make: (entity: XmppEntity) => T,
): Connection<T> {
  const nobody = (): Promise<never> => new Promise(() => undefined)
  const entity: XmppEntity = {
    NS: 'jabber:component:accept',
    jid: undefined,
    status: 'offline',
    options: { domain },
    send: nobody,
    on: () => undefined,
    removeListener: () => undefined,
    iqCallee: { get: () => undefined, set: () => undefined },
    iqCaller: { request: nobody },
    middleware: { use: () => undefined },
  }
  return { entity, made: make(entity), signal, stop: () => Promise.resolve() }
}
