import { afterEach, expect, test } from 'vitest'
import { describeDatabase } from '../databases/describe.js'
import { asComponent, startExample } from './support/example.js'
import { freshHuman } from './support/human.js'
import { describeServers, settled } from './support/index.js'
import { killPrograms } from './support/program.js'

afterEach(killPrograms)

describeDatabase('redis', 'an example with its rosters in Redis', (database) => {
  describeServers('component-redis.ts', { only: ['ejabberd'] }, (server) => {
    test('does in two processes what each of them is told, and goes on in one', async () => {
      const variables = { ...asComponent(server), REDIS_URL: database().url }
      const desk = `desk@${server.componentDomain}`
      const one = startExample('component-redis', variables)
      await one.printed(`${desk} is ready; 0 contacts, 0 requests`)
      const two = startExample('component-redis', variables)
      await two.printed(`${desk} is ready; 0 contacts, 0 requests`)
      const [granted, refused] = [await freshHuman(server, 'granted'), await freshHuman(server, 'refused')]

      for (const person of [granted, refused]) {
        await person.says('subscribe', desk)
        for (const program of [one, two]) await program.printed(`${person.jid}: none > none+in`)
      }
      two.type('list')
      for (const { jid } of [granted, refused]) await two.printed(`${jid} waits`)
      two.type(`yes ${granted.jid}`)
      await granted.hearing(desk, 'available "Leave a request"')
      await one.printed(`${granted.jid}: none+in > from (storage)`)
      one.type(`no ${refused.jid}`)
      await refused.hearing(desk, 'unsubscribed')
      one.type(`yes ${refused.jid}`)
      await one.printed(`${refused.jid}: does not wait any more`)

      granted.log.clear()
      expect(await one.stop('SIGTERM')).toBe(0)
      await settled(granted.client)
      expect(granted.hears(desk)).toEqual([])
      expect(await two.stop('SIGINT')).toBe(0)
      await granted.hearing(desk, 'unavailable')
    })
  })
})

describeDatabase('postgres', 'an example with its rosters in PostgreSQL', (database) => {
  describeServers('component-postgres.ts', { only: ['prosody'] }, (server) => {
    test('sends what is answered in the database by a command without a connection', async () => {
      const variables = { ...asComponent(server), DATABASE_URL: database().url }
      const desk = `desk@${server.componentDomain}`
      const command = async (...args: readonly string[]): Promise<string> => {
        const program = startExample('component-postgres', variables, ...args)
        expect(await program.ended()).toBe(0)
        return program.output()
      }
      const first = startExample('component-postgres', variables)
      await first.printed(`${desk} is ready; 0 requests wait`)
      const [granted, refused] = [await freshHuman(server, 'granted'), await freshHuman(server, 'refused')]
      for (const person of [granted, refused]) {
        await person.says('subscribe', desk)
        await first.printed(`${person.jid} asked: defer`)
      }

      expect(await command('pending')).toContain(`${desk}: ${granted.jid} waits`)
      expect(await command('authorize', desk, granted.jid)).toContain(`${granted.jid} is answered`)
      await granted.hearing(desk, 'subscribed')
      await granted.hearing(desk, 'available "At your service"')
      await first.printed(`${granted.jid}: from (storage)`)
      expect(await command('deny', desk, refused.jid)).toContain(`${refused.jid} is answered`)
      await refused.hearing(desk, 'unsubscribed')
      expect(await command('deny', desk, refused.jid)).toContain(`${refused.jid} does not wait any more`)

      expect(await first.stop()).toBe(0)
      const next = startExample('component-postgres', variables)
      await next.printed(`${desk} is ready; 0 requests wait`)
      await granted.hearing(desk, 'available "At your service"')
      expect(await next.stop()).toBe(0)
    })
  })
})
