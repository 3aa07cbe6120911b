import { client } from '@xmpp/client'
import { afterEach, describe, expect, test } from 'vitest'
import { Roster, type XmppEntity } from '../../src/index.js'
import { ROOT } from '../package/support/markdown.js'
import { until } from '../servers/support/index.js'
import { killPrograms, type Program, startProgram } from '../servers/support/program.js'

const start = (words: readonly string[], variables: Readonly<Record<string, string>> = {}): Program =>
  startProgram(['node', '--import', 'tsx', 'examples/demo.ts', ...words], ROOT, variables)

afterEach(killPrograms)

describe('the demonstration', () => {
  test('shows who asks whom, what is decided, who is there and what a restart keeps, and ends by itself', async () => {
    const demo = start([])
    await demo.printed('the restart lost nothing')
    expect(await demo.ended()).toBe(0)
    const output = demo.output()
    for (const line of [
      /bot@localhost +alice@localhost asks to subscribe \("We met yesterday"\): authorize/,
      /vip@gateway\.localhost +dave@localhost asks to subscribe: deny/,
      /desk@gateway\.localhost +carol@localhost asks to subscribe \("May I\?"\): defer/,
      /news@gateway\.localhost +● carol@localhost is online/,
      /bot@localhost +alice@localhost +both +Colleagues +available/,
      /news@gateway\.localhost +bob@localhost +both +away "lunch"/,
      /desk@gateway\.localhost +carol@localhost +both +available/,
      /npm install xmpp-roster/,
    ])
      expect(output).toMatch(line)
    // Colours are for terminals.
    expect(output).not.toContain('\u001b[')
  })

  test('has colours where somebody asks for them', async () => {
    const demo = start([], { FORCE_COLOR: '1' })
    await demo.printed('the restart lost nothing')
    expect(demo.output()).toContain('\u001b[')
  })

  test('stays up when it is told to, says how to connect, and takes a client as it says', async () => {
    const demo = start(['--serve'])
    const output = await demo.printed('Ctrl-C ends it')
    const [, service = '', domain = '', username = '', password = ''] =
      /client\(\{ service: '(.*)', domain: '(.*)', username: '(.*)', password: '(.*)' \}\)/.exec(output) ?? []
    const xmpp = client({ service, domain, username, password })
    const roster = new Roster(xmpp as unknown as XmppEntity)
    await xmpp.start()
    await roster.ready()
    await roster.own.subscribe('bot@localhost')
    await until(() => roster.own.presence('bot@localhost').available, 'the bot accepts a client of our own')
    await demo.printed('you@localhost is online')
    await roster.close()
    await xmpp.stop()
    expect(await demo.stop('SIGINT')).toBe(0)
  })
})
