import { existsSync } from 'node:fs'
import { bareJid } from '../../core/jid.js'
import type { StoredRoster } from '../../storage/port.js'
import type { Account } from '../account.js'
import { readAccounts } from '../accounts-file.js'
import { chooseAccount } from '../choose-account.js'
import { openStorage } from '../component-session.js'
import type { Context } from '../context.js'
import { cacheFile } from '../folders.js'
import { amountOf, plain } from '../text.js'
import type { Candidate, Offer } from './offer.js'

/**
 * What is known here without asking anybody: the accounts of the configuration, and what the last call has left in the cache,
 * or a component in its storage. Nothing is made where there is nothing.
 */
export async function knownTo(offer: Offer, context: Context): Promise<readonly Candidate[]> {
  switch (offer.kind) {
    case 'words':
      return offer.words
    case 'file':
      return []
    case 'account':
      return accountCandidates(context)
    case 'contact':
      return contactCandidates(await rosterOf(offer, context))
    case 'group':
      return groupCandidates(await rosterOf(offer, context))
  }
}

async function accountCandidates({ world }: Context): Promise<readonly Candidate[]> {
  const { accounts = {} } = (await readAccounts(world)) ?? {}
  return Object.entries(accounts).map(([text, { jid, component }]) => ({ text, description: jid ?? component ?? '' }))
}

function contactCandidates(roster: StoredRoster | undefined): readonly Candidate[] {
  const items = [...(roster?.items ?? [])].map(({ jid, name }) => ({ text: jid, description: name ?? '' }))
  return items.sort((a, b) => (a.text < b.text ? -1 : 1))
}

function groupCandidates(roster: StoredRoster | undefined): readonly Candidate[] {
  const counts = new Map<string, number>()
  for (const group of (roster?.items ?? []).flatMap(({ groups }) => groups))
    counts.set(group, (counts.get(group) ?? 0) + 1)
  const groups = [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
  return groups.map(([text, count]) => ({ text, description: amountOf(count, 'contact') }))
}

/** The roster that the line is about: its options count as they do when it is run. */
async function rosterOf({ values }: Offer, context: Context): Promise<StoredRoster | undefined> {
  const named = Object.fromEntries(
    (['account', 'component', 'owner', 'storage'] as const).flatMap((name) => {
      const value = values.get(name)
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
  const meant = { ...context, globals: { ...context.globals, ...named } }
  const account = await chooseAccount(meant)
  return account.kind === 'client' ? cachedRoster(account.jid, meant) : componentRoster(account, meant)
}

async function cachedRoster(jid: string, { world }: Context): Promise<StoredRoster | undefined> {
  const path = cacheFile(world)
  if (!existsSync(path)) return undefined
  const { SqliteStorage } = await import('../../sqlite.js')
  const storage = await SqliteStorage.open(path)
  try {
    return await storage.load(jid)
  } finally {
    await storage.close()
  }
}

async function componentRoster(
  account: Account & { readonly kind: 'component' },
  context: Context,
): Promise<StoredRoster | undefined> {
  const owner = context.globals.owner ?? account.owner
  if (owner === undefined) return undefined
  const { storage } = await openStorage(account, context, { reads: true })
  try {
    return await storage.load(bareJid(owner))
  } finally {
    await storage.close?.()
  }
}

/** What a shell can put on its line: nothing that moves the cursor, hides, or is two lines. */
export const isTypeable = (text: string): boolean => text !== '' && plain(text) === text
