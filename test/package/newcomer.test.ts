import { mkdtempSync, rmSync } from 'node:fs'
import { cp, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { freshHuman } from '../servers/support/human.js'
import type { FreshUser, TestedServer } from '../servers/support/index.js'
import { describeServers, freshUser } from '../servers/support/index.js'
import type { Program } from '../servers/support/program.js'
import { killPrograms, startProgram } from '../servers/support/program.js'
import { blockUnder, ROOT } from './support/markdown.js'
import { addPackages, installInto, packInto, typescript } from './support/tarball.js'

// A build with declarations and installations: minutes on a machine that is busy with other things.
const GUARD = 240_000

const folder = mkdtempSync(join(tmpdir(), 'xmpp-roster-newcomer-'))
const project = join(folder, 'project')
const BOT = blockUnder('A bot', 'js')
const COMPONENT = blockUnder('A component', 'js')

/** The newcomer's program is called as the README calls it. */
const run = (name: string, variables: Readonly<Record<string, string>>): Program =>
  startProgram(['node', name], project, variables)

const asBot = (server: TestedServer, { username, password }: FreshUser): Readonly<Record<string, string>> => ({
  XMPP_SERVICE: server.c2s,
  XMPP_DOMAIN: server.domain,
  XMPP_USER: username,
  XMPP_PASSWORD: password,
})

const isProgram = (path: string): boolean => !path.endsWith('.d.ts')

/** A human subscribes, gets both directions, and sees the bot leave. */
const meet = async (server: TestedServer, bot: Program, { jid }: FreshUser): Promise<void> => {
  await bot.printed(`${jid} is ready and has 0 contacts`)
  const human = await freshHuman(server, 'hal')
  await human.says('subscribe', jid)
  await human.hearing(jid, 'subscribed')
  await human.hearing(jid, 'subscribe')
  await human.says('subscribed', jid)
  await human.hearing(jid, 'available')
  await bot.printed(`${human.jid} is online`)
  expect(await human.sees(jid)).toBe('both')

  human.log.clear()
  expect(await bot.stop('SIGINT')).toBe(0)
  await human.hearing(jid, 'unavailable')
}

describeServers('somebody who has read the README, in an empty folder', { only: ['prosody'] }, (server) => {
  beforeAll(async () => {
    await installInto(project, await packInto(folder))
    await addPackages(project, ['@xmpp/client', '@xmpp/component'])
  }, GUARD)
  afterEach(killPrograms)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('writes a bot of not much more than a dozen lines', () => {
    expect(BOT.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(15)
  })

  test('has a bot in JavaScript', async () => {
    await writeFile(join(project, 'bot.js'), BOT)
    const account = await freshUser(server, 'bot')
    await meet(server, run('bot.js', asBot(server, account)), account)
  })

  test('has a component', async () => {
    await writeFile(join(project, 'component.js'), COMPONENT)
    const domain = server.componentDomain
    const component = run('component.js', {
      XMPP_SERVICE: server.component,
      XMPP_DOMAIN: domain,
      XMPP_PASSWORD: server.components[domain] ?? '',
    })
    const [lobby, staff] = [`lobby@${domain}`, `staff@${domain}`]
    await component.printed(`${lobby} and ${staff} are ready`)
    const human = await freshHuman(server, 'hal')
    for (const owner of [lobby, staff]) {
      await human.says('subscribe', owner)
      await human.hearing(owner, 'subscribed')
      await human.says('subscribed', owner)
      await human.hearing(owner, `available "You have reached ${owner}"`)
      await component.printed(`${owner}: ${human.jid} is online`)
    }

    human.log.clear()
    expect(await component.stop('SIGINT')).toBe(0)
    for (const owner of [lobby, staff]) await human.hearing(owner, 'unavailable')
  })

  test('has a test of a bot, which needs no server', async () => {
    await writeFile(join(project, 'bot.test.js'), blockUnder('Test your bot without a server', 'js'))
    const tester = startProgram(['node', '--test', '--test-reporter=tap'], project, {})
    await tester.printed('# pass 1')
    expect(await tester.ended()).toBe(0)
  })

  test('has the same bot and component in TypeScript', { timeout: GUARD }, async () => {
    await addPackages(project, ['@types/node', '@types/xmpp__client', 'ioredis', 'kysely', 'pg', '@types/pg'])
    // The examples of the repository compile in the same project.
    await cp(join(ROOT, 'examples'), join(project, 'examples'), { recursive: true, filter: isProgram })
    await rename(join(project, 'bot.js'), join(project, 'bot.ts'))
    await rename(join(project, 'component.js'), join(project, 'component.ts'))
    await writeFile(join(project, 'xmpp-component.d.ts'), blockUnder('A component', 'ts'))
    await writeFile(join(project, 'tsconfig.json'), blockUnder('A bot', 'json'))
    await typescript(project, 'tsconfig.json')
    const account = await freshUser(server, 'bot')
    await meet(server, run('bot.js', asBot(server, account)), account)
  })

  test('has the examples of the repository, started as their heads say', { timeout: GUARD }, async () => {
    await addPackages(project, ['tsx'])
    await cp(join(ROOT, 'examples/bot.ts'), join(project, 'copy.ts'))
    const { jid, password } = await freshUser(server, 'bot')
    const variables = { XMPP_SERVICE: server.c2s, XMPP_JID: jid, XMPP_PASSWORD: password }
    const bot = startProgram(['node', '--import', 'tsx', 'copy.ts'], project, variables)
    await bot.printed(`${jid} is ready`)
    expect(await bot.stop()).toBe(0)
  })
})
