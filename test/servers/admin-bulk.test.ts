import { expect, test } from 'vitest'
import {
  applyPlan,
  clear,
  connect,
  ejabberdAdmin,
  planRoster,
  privilegedAdmin,
  type RosterAdmin,
} from '../../src/admin.js'
import { type Operated, operating } from '../admin/support/operating.js'
import { human } from './support/human.js'
import { connectComponent, describeServers, freshUser, type ServerFixture, settled } from './support/index.js'

const four = async (server: ServerFixture): Promise<readonly [string, string, string, string]> => {
  const [romeo, juliet, nurse, paris] = [
    await freshUser(server, 'romeo'),
    await freshUser(server, 'juliet'),
    await freshUser(server, 'nurse'),
    await freshUser(server, 'paris'),
  ]
  return [romeo.jid, juliet.jid, nurse.jid, paris.jid]
}

/** A component that may manage the rosters of these four. */
const privileged = async (server: ServerFixture): Promise<Operated> => {
  const people = await four(server)
  const admins: RosterAdmin[] = []
  await connectComponent(server, { before: (entity) => void admins.push(privilegedAdmin(entity, { owners: people })) })
  return { admin: admins[0] as RosterAdmin, people }
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

  describeServers(
    'what an operator does, as a privileged component',
    { only: ['prosody'], release, privilege: 'both' },
    (server) => {
      operating(() => privileged(server))

      test('those who are connected see each other when they come, and no more when all was cleared', async () => {
        const [alice, bob] = [await freshUser(server, 'alice'), await freshUser(server, 'bob')]
        const admins: RosterAdmin[] = []
        const owners = [alice.jid, bob.jid]
        await connectComponent(server, { before: (entity) => void admins.push(privilegedAdmin(entity, { owners })) })
        const admin = admins[0] as RosterAdmin
        await connect(admin, alice.jid, bob.jid)
        const [one, other] = [await human(server, alice), await human(server, bob)]
        await one.hearing(bob.jid, 'available')
        await other.hearing(alice.jid, 'available')
        expect(await clear(admin, { all: true })).toEqual({ done: 2, failed: 0, stopped: false, errors: [] })
        await settled(one.client, other.client)
        expect([await one.sees(bob.jid), await other.sees(alice.jid)]).toEqual(['none', 'none'])
      })
    },
  )
}

/** What an ejabberd makes of what a component sets: 23.01 fails at all of it, newer ones leave out the subscription. */
const REFUSALS = { installed: 'REFUSED', newer: 'UNSUPPORTED' } as const

for (const release of ['installed', 'newer'] as const) {
  const options = { only: ['ejabberd'], release, privilege: 'both' } as const
  describeServers('what an operator cannot do, as a privileged component', options, (server) => {
    const refused = { error: { code: REFUSALS[release] } }

    test('connect two: it is told, and the second is not touched', async () => {
      const { admin, people } = await privileged(server)
      const [romeo, juliet] = people
      await expect(connect(admin, romeo, juliet)).rejects.toMatchObject({ ...refused.error, owner: romeo })
      expect(await admin.list(juliet)).toEqual([])
    })

    test('in a plan such contacts fail, each by itself, and what could be done is', async () => {
      const { admin, people } = await privileged(server)
      const [romeo, juliet, nurse] = people
      const wanted = [
        { jid: juliet, name: 'Juliet', subscription: 'both' as const },
        { jid: nurse, name: 'Nurse', groups: ['Staff'] },
      ]
      const plan = planRoster(await admin.list(romeo), wanted)
      const [failing, stored] =
        release === 'newer' ? [[juliet], ['Juliet none', 'Nurse none']] : [[juliet, nurse].sort(), []]
      const expected = {
        done: 2 - failing.length,
        failed: failing.length,
        stopped: false,
        errors: failing.map((contact) => ({ contact, ...refused })),
      }
      expect(await applyPlan({ admin, owner: romeo }, plan)).toMatchObject(expected)
      expect(await applyPlan({ admin, owner: romeo }, plan)).toMatchObject(expected)
      const items = (await admin.list(romeo)).map(({ name, subscription }) => `${name} ${subscription}`)
      expect(items.sort()).toEqual(stored)
    })
  })
}
