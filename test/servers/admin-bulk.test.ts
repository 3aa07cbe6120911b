import { expect, test } from 'vitest'
import { clear, connect, ejabberdAdmin } from '../../src/admin.js'
import { operating } from '../admin/support/operating.js'
import { human } from './support/human.js'
import { describeServers, freshUser, type ServerFixture, settled } from './support/index.js'

const four = async (server: ServerFixture): Promise<readonly [string, string, string, string]> => {
  const [romeo, juliet, nurse, paris] = [
    await freshUser(server, 'romeo'),
    await freshUser(server, 'juliet'),
    await freshUser(server, 'nurse'),
    await freshUser(server, 'paris'),
  ]
  return [romeo.jid, juliet.jid, nurse.jid, paris.jid]
}

for (const release of ['installed', 'newer'] as const) {
  describeServers("what an operator does, through ejabberd's HTTP API", { only: ['ejabberd'], release }, (server) => {
    const admin = () => ejabberdAdmin({ url: server.api ?? '' })

    operating(async () => ({ admin: admin(), people: await four(server) }))

    test('those who are connected see each other when they come, and no more when the domain was cleared', async () => {
      const [alice, bob] = [await freshUser(server, 'alice'), await freshUser(server, 'bob')]
      await connect(admin(), alice.jid, bob.jid)
      const [one, other] = [await human(server, alice), await human(server, bob)]
      await one.hearing(bob.jid, 'available')
      await other.hearing(alice.jid, 'available')
      const counted = await clear(admin(), { domain: server.domain, dryRun: true })
      expect(await clear(admin(), { domain: server.domain })).toEqual(counted)
      await other.hearing(alice.jid, 'unavailable')
      await settled(one.client, other.client)
      expect([await one.sees(bob.jid), await other.sees(alice.jid)]).toEqual(['none', 'none'])
      expect(await clear(admin(), { domain: server.domain, dryRun: true })).toMatchObject({ done: 0 })
    })
  })
}
