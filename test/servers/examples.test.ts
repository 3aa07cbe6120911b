import type { Element } from 'ltx/lib/ltx.js'
import { afterEach, expect, test } from 'vitest'
import { asComponent, startExample } from './support/example.js'
import type { Human } from './support/human.js'
import { freshHuman } from './support/human.js'
import type { TestedServer } from './support/index.js'
import { describeServers, freshUser, settled, until, xml } from './support/index.js'
import type { Program } from './support/program.js'
import { killPrograms } from './support/program.js'

/** Starts bot.ts with an account of its own, and waits until it is there. */
const startBot = async (server: TestedServer): Promise<{ readonly jid: string; readonly bot: Program }> => {
  const { jid, password } = await freshUser(server, 'bot')
  const bot = startExample('bot', { XMPP_SERVICE: server.c2s, XMPP_JID: jid, XMPP_PASSWORD: password })
  await bot.printed(`${jid} is ready; its roster has 0 contacts`)
  return { jid, bot }
}

const asks = (to: string): Element => xml('message', { to, type: 'chat' }, xml('body', {}, 'who'))

afterEach(killPrograms)

describeServers('the examples', (server) => {
  test('bot.ts accepts a colleague, tells who is online, and says goodbye when it is stopped', async () => {
    const { jid, bot } = await startBot(server)
    const ann = await freshHuman(server, 'ann')

    await ann.says('subscribe', jid)
    await ann.hearing(jid, 'subscribed')
    await ann.hearing(jid, 'subscribe')
    await ann.says('subscribed', jid)
    await bot.printed(`${ann.jid} is online`)
    await ann.client.send(asks(jid))
    const answer = (): boolean =>
      ann.log.incoming('message').some((message) => message.getChildText('body') === `Online: ${ann.jid}`)
    await until(answer, 'the answer')

    // Prosody has said it before, when she asked.
    ann.log.clear()
    expect(await bot.stop()).toBe(0)
    await ann.hearing(jid, 'unavailable')
  })

  test('bot.ts tells a stranger nothing, and declines other domains', async () => {
    const { jid, bot } = await startBot(server)
    const ann = await freshHuman(server, 'ann')

    // A request is delivered to those who are available: from here on a message reaches the bot as well.
    await server.deliver('eve@comp.localhost', jid, '<presence type="subscribe"/>')
    await bot.printed('eve@comp.localhost asked to subscribe: deny')
    await ann.client.send(asks(jid))
    await settled(ann.client)
    await server.deliver('eva@comp.localhost', jid, '<presence type="subscribe"/>')
    await bot.printed('eva@comp.localhost asked to subscribe: deny')

    expect(await bot.stop()).toBe(0)
    expect(ann.log.incoming('message')).toEqual([])
  })

  test('component.ts has a roster and a policy for each of its JIDs', async () => {
    const component = startExample('component', { ...asComponent(server), XMPP_STAFF_DOMAIN: server.domain })
    await component.printed('are ready')
    const jidOf = (name: string): string => `${name}@${server.componentDomain}`
    const welcoming = [jidOf('lobby'), jidOf('staff')]
    const ann = await freshHuman(server, 'ann')

    for (const owner of [...welcoming, jidOf('closed')]) await ann.says('subscribe', owner)
    for (const owner of welcoming) {
      await ann.hearing(owner, 'subscribed')
      await ann.hearing(owner, `available "You have reached ${owner}"`)
      await ann.says('subscribed', owner)
      await component.printed(`${owner}: ${ann.jid} is online`)
    }
    await ann.hearing(jidOf('closed'), 'unsubscribed')
    await component.printed(`${jidOf('closed')}: ${ann.jid} asked: deny`)

    ann.log.clear()
    expect(await component.stop()).toBe(0)
    for (const owner of welcoming) await ann.hearing(owner, 'unavailable')
  })

  test('custom-policy.ts asks its database, and leaves the rest to a person', async () => {
    const people = await Promise.all(['mia', 'ben', 'sam', 'tom'].map((name) => freshHuman(server, name)))
    const [member, banned, granted, refused] = people as [Human, Human, Human, Human]
    const desk = `desk@${server.componentDomain}`
    const variables = { ...asComponent(server), MEMBERS: member.jid, BANNED: banned.jid }
    const program = startExample('custom-policy', variables)
    await program.printed(`${desk} is ready; 0 requests wait`)

    for (const person of people) await person.says('subscribe', desk)
    await member.hearing(desk, 'subscribed')
    await banned.hearing(desk, 'unsubscribed')
    for (const { jid } of [granted, refused]) await program.printed(`${jid} asked: defer`)
    program.type('list')
    for (const { jid } of [granted, refused]) await program.printed(`${jid} waits since`)
    program.type(`yes ${granted.jid}`)
    await granted.hearing(desk, 'subscribed')
    program.type(`no ${refused.jid}`)
    await refused.hearing(desk, 'unsubscribed "Sorry"')
    await program.printed(`${refused.jid} was denied`)

    expect(await program.stop()).toBe(0)
  })
})
