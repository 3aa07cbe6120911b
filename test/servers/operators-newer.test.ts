import { describe, expect, test } from 'vitest'
import { builtCommand } from '../cli/support/build.js'
import { expectDone, stageOf, typedOf } from './operators/stage.js'
import { rowsOn } from './operators/suites.js'
import { describeServers } from './support/index.js'

const command = builtCommand()

describe('Every row of the page for operators, on the newer servers', () => rowsOn('newer', command))

// "What the other side learns": what the page says of ejabberd and components that may manage rosters.
describeServers(
  'as a component that may manage rosters, where subscriptions are not taken',
  { only: ['ejabberd'], release: 'newer', privilege: 'both' },
  (server) => {
    const stage = stageOf(server, command)
    const two = async () => {
      const [a, b] = [await stage.somebody('romeo'), await stage.somebody('juliet')]
      const type = (text: string) =>
        typedOf(text)(stage.component(), { A: a.jid, B: b.jid, COMPONENT: 'comp.localhost' })
      return { a, b, type }
    }
    const connected = async () => {
      const { a, b, type } = await two()
      await server.setRosterItem(a.jid, b.jid, { subscription: 'both', name: 'Juliet' })
      await server.setRosterItem(b.jid, a.jid, { subscription: 'both', name: 'Romeo' })
      return { a, b, type }
    }

    test('connect is refused, and the second roster is as it was', async () => {
      const { b, type } = await two()
      const { code } = await type('xmpp-roster admin privileged connect --component COMPONENT A B')
      expect([code, await b.roster()]).toEqual([4, []])
    })

    test('disconnect takes both items', async () => {
      const { a, b, type } = await connected()
      expectDone(await type('xmpp-roster admin privileged disconnect -f --component COMPONENT A B'))
      expect([await a.roster(), await b.roster()]).toEqual([[], []])
    })

    test.each(['to', 'none'])('disconnect --keep %s leaves "none", and says what was not stored', async (keep) => {
      const { a, b, type } = await connected()
      const { code } = await type(`xmpp-roster admin privileged disconnect -f --component COMPONENT A B --keep ${keep}`)
      expect([code, await a.roster(), await b.roster()]).toEqual([
        keep === 'none' ? 0 : 4,
        [`${b.jid} none "Juliet"`],
        [],
      ])
    })
  },
)
