import { expect, test } from 'vitest'
import { clear, connectedPairs, ejabberdAdmin, privilegedAdmin, storageAdmin } from '../../src/admin.js'
import { MemoryStorage, Roster } from '../../src/index.js'
import { FakeComponent } from '../support/fake-component.js'
import { MemoryAdmin } from './support/memory-admin.js'

const OWNER = 'o@bots.example'
const only = { domain: OWNER }

const reading = async (owners: AsyncIterable<unknown>): Promise<number> => {
  let count = 0
  for await (const _ of owners) count += 1
  return count
}

test.each<[string, () => Promise<unknown>]>([
  ['connectedPairs', () => reading(connectedPairs(new MemoryAdmin(), only))],
  ['clear', () => clear(new MemoryAdmin(), only)],
  ['ejabberdAdmin', () => reading(ejabberdAdmin({ url: 'http://127.0.0.1:1' }).owners(only))],
  ['ejabberdAdmin, of sessions', () => ejabberdAdmin({ url: 'http://127.0.0.1:1' }).connected(only)],
  [
    'privilegedAdmin',
    () => reading(privilegedAdmin(new FakeComponent('bots.example').entity, { owners: [] }).owners(only)),
  ],
  ['storageAdmin', () => reading(storageAdmin(new MemoryStorage()).owners(only))],
  ['a Roster, of owners', () => reading(new Roster(new FakeComponent('bots.example').entity).owners(only))],
  ['a Roster, of requests', () => reading(new Roster(new FakeComponent('bots.example').entity).pending(only))],
])('%s: an account is no domain, and nobody is told that there is nothing', async (_, ask) => {
  await expect(ask()).rejects.toMatchObject({ code: 'JID_MALFORMED', message: expect.stringContaining('a domain') })
})
