import { expect, test } from 'vitest'
import { freshHuman } from './support/human.js'
import { connectClient, describeServers, freshUser, xml } from './support/index.js'

const NS_VERSION = 'jabber:iq:version'

describeServers('the newer servers', { release: 'newer', only: ['prosody', 'ejabberd'] }, (server) => {
  test('it is the newer one that answers, and not the installed one', async () => {
    const user = await freshUser(server, 'alice')
    const client = await connectClient(server, user)
    const iq = xml('iq', { type: 'get', to: server.domain }, xml('query', { xmlns: NS_VERSION }))
    const version = (await client.iqCaller.request(iq)).getChild('query', NS_VERSION)?.getChildText('version')
    expect(version).toMatch(server.kind === 'prosody' ? /^1[3-9]\./ : /^2[4-9]\./)
  })

  test('two people subscribe to each other, and an administrator changes an item', async () => {
    const [romeo, juliet] = [await freshHuman(server, 'romeo'), await freshHuman(server, 'juliet')]
    await romeo.says('subscribe', juliet.jid)
    await juliet.hearing(romeo.jid, 'subscribe')
    await juliet.says('subscribed', romeo.jid)
    await romeo.hearing(juliet.jid, 'subscribed')
    expect(await romeo.sees(juliet.jid)).toBe('to')
    await server.setRosterItem(romeo.jid, juliet.jid, { subscription: 'both', name: 'Juliet', groups: ['Capulets'] })
    expect(await romeo.sees(juliet.jid)).toBe('both')
  })
})
