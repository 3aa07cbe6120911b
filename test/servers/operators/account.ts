import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { freshHuman, human } from '../support/human.js'
import { connectClient, type RosterEntry, settled, stopEntity, xml } from '../support/index.js'
import { killPrograms, startProgram } from '../support/program.js'
import { cellsOf, expectDone, type Scenario, type Somebody, type Stage, withAccounts } from './stage.js'

const ROMEO = 'romeo@localhost'
const NURSE = 'nurse@localhost'
const PARIS = 'paris@localhost'
const TYBALT = 'tybalt@localhost'

const TWO: Readonly<Record<string, RosterEntry>> = {
  [ROMEO]: { subscription: 'both', name: 'Romeo', groups: ['Friends', 'Verona'] },
  [NURSE]: { subscription: 'to', name: 'Nurse' },
}

const EVERY: Readonly<Record<string, RosterEntry>> = {
  [ROMEO]: { subscription: 'both' },
  [NURSE]: { subscription: 'to' },
  [PARIS]: { subscription: 'from' },
  [TYBALT]: { subscription: 'none' },
}

/** Juliet has asked somebody who has not answered; resolves with the JID. */
const asking = async ({ server, somebody }: Stage, { username }: Somebody): Promise<string> => {
  const client = await connectClient(server, { username, reconnect: false })
  const { jid: mercutio } = await somebody('mercutio')
  await client.send(xml('presence', { type: 'subscribe', to: mercutio }))
  await settled(client)
  await stopEntity(client)
  return mercutio
}

const jidsOf = (roster: readonly string[]): readonly string[] => roster.map((item) => item.split(' ')[0] ?? '')

/** Which contacts of every kind, and of one that was asked, are left. */
const purged =
  (...left: readonly string[]): Scenario =>
  async (stage, typed) => {
    const juliet = await stage.somebody('juliet', EVERY)
    const mercutio = await asking(stage, juliet)
    expectDone(await typed(juliet))
    const expected = [...left, ...(left.includes('mercutio') ? [mercutio] : [])].filter((jid) => jid.includes('@'))
    expect(jidsOf(await juliet.roster())).toEqual(expected.sort())
    expect(expectDone(await typed(juliet))).toBe('Nothing to do.\n')
  }

export const GET: Readonly<Record<string, Scenario>> = {
  'xmpp-roster get': async (stage, typed) => {
    const juliet = await stage.somebody('juliet', TWO)
    expect(cellsOf(expectDone(await typed(juliet)))).toEqual([
      ['JID', 'NAME', 'SUBSCRIPTION'],
      [NURSE, 'Nurse', 'to'],
      [ROMEO, 'Romeo', 'both'],
    ])
    expect(expectDone(await typed(await stage.somebody('laurence')))).toBe('')
    const wrong = { ...juliet, env: { ...juliet.env, XMPP_PASSWORD: 'wrong' } }
    expect(await typed(wrong)).toMatchObject({
      code: 4,
      out: '',
      err: expect.stringMatching(/^xmpp-roster: REFUSED: /),
    })
    const nowhere = { ...juliet, env: { ...juliet.env, XMPP_SERVICE: 'xmpp://127.0.0.1:1' } }
    expect(await typed(nowhere)).toMatchObject({ code: 5, out: '' })
  },
  'xmpp-roster get -v': async (stage, typed) => {
    const juliet = await stage.somebody('juliet', TWO)
    const mercutio = await asking(stage, juliet)
    const [titles, ...rows] = cellsOf(expectDone(await typed(juliet)))
    expect(titles).toEqual(['JID', 'NAME', 'SUBSCRIPTION', 'PENDING', 'GROUPS'])
    expect(rows[0]).toEqual([mercutio, 'none', 'out'])
    expect(rows.find(([jid]) => jid === ROMEO)?.at(-1)).toMatch(/^(Friends, Verona|Verona, Friends)$/)
  },
  'xmpp-roster get -vv': async (stage, typed) => {
    const out = expectDone(await typed(await stage.somebody('juliet', TWO)))
    expect(cellsOf(out)[0]).toEqual(['JID', 'NAME', 'SUBSCRIPTION', 'PENDING', 'GROUPS', 'APPROVED'])
  },
  'xmpp-roster get --json': async (stage, typed) => {
    const read: unknown = JSON.parse(expectDone(await typed(await stage.somebody('juliet', TWO))))
    const waits = { pendingOut: false, pendingIn: false, approved: false }
    expect(read).toMatchObject([
      { jid: NURSE, name: 'Nurse', groups: [], subscription: 'to', ...waits },
      { jid: ROMEO, name: 'Romeo', groups: expect.arrayContaining(['Friends', 'Verona']), ...waits },
    ])
    expect(JSON.parse(expectDone(await typed(await stage.somebody('laurence'))))).toEqual([])
  },
  'xmpp-roster get --jsonl': async (stage, typed) => {
    const lines = expectDone(await typed(await stage.somebody('juliet', TWO)))
      .trimEnd()
      .split('\n')
    expect(lines.map((line) => JSON.parse(line).jid)).toEqual([NURSE, ROMEO])
  },
  'xmpp-roster get --csv': async (stage, typed) => {
    const juliet = await stage.somebody('juliet', { [NURSE]: { subscription: 'to', name: '=1+1, "so"' } })
    expect(expectDone(await typed(juliet))).toBe(
      `jid,name,subscription,pending,approved,groups,show,status\n${NURSE},"'=1+1, ""so""",to,,false,,,\n`,
    )
  },
  'xmpp-roster get --group GROUP --subscription both --sort name': async (stage, typed) => {
    const other: RosterEntry = { subscription: 'both', name: 'Abram', groups: ['Friends'] }
    const juliet = await stage.somebody('juliet', { ...TWO, [TYBALT]: other, [PARIS]: { groups: ['Enemies'] } })
    const rows = cellsOf(expectDone(await typed(juliet, { GROUP: 'Friends' })))
    expect(rows.slice(1).map(([jid]) => jid)).toEqual([TYBALT, ROMEO])
  },
  'xmpp-roster get --online': async (stage, typed) => {
    const romeo = await freshHuman(stage.server, 'romeo')
    const juliet = await stage.somebody('juliet', { ...TWO, [romeo.jid]: { subscription: 'both' } })
    await stage.server.setRosterItem(romeo.jid, juliet.jid, { subscription: 'both' })
    await romeo.client.send(xml('presence', {}, xml('show', {}, 'dnd'), xml('status', {}, 'In the orchard')))
    await settled(romeo.client)
    const rows = cellsOf(expectDone(await typed(juliet)))
    expect(rows.slice(1)).toEqual([[romeo.jid, 'both', 'dnd', 'In the orchard']])
    await romeo.hearing(juliet.jid, 'xa')
    await romeo.hearing(juliet.jid, 'unavailable')
  },
  'xmpp-roster get --account NAME': async (stage, typed) => {
    const juliet = await stage.somebody('juliet', TWO)
    const entry = { jid: juliet.jid, service: stage.server.c2s, passwordCommand: ['printf', '%s\\n', juliet.password] }
    const typing = withAccounts(juliet, { work: entry })
    expect(cellsOf(expectDone(await typed(typing, { NAME: 'work' })))).toHaveLength(3)
    expect(await typed(typing, { NAME: 'nobody' })).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('CONFIG_INVALID'),
    })
  },
}

export const CHANGES: Readonly<Record<string, Scenario>> = {
  'xmpp-roster set JID -n NAME -g GROUP': async (stage, typed) => {
    const juliet = await stage.somebody('juliet', TWO)
    const values = { JID: NURSE, NAME: `O'Brien $(touch "x") é`, GROUP: 'Old "friends"' }
    expect(expectDone(await typed(juliet, values))).toBe(`${NURSE} changed\n`)
    const nurse = `${NURSE} to "${values.NAME}" [${values.GROUP}]`
    expect(await juliet.roster()).toEqual([nurse, `${ROMEO} both "Romeo" [Friends] [Verona]`])
    expect(expectDone(await typed(juliet, values))).toBe(`${NURSE} unchanged\n`)
    expectDone(await typed(juliet, { ...values, JID: ROMEO, NAME: 'R' }))
    expect(await juliet.roster()).toContain(`${ROMEO} both "R" [Friends] [${values.GROUP}] [Verona]`)
    expect(await typed(juliet, { ...values, JID: PARIS })).toMatchObject({ code: 16, out: '' })
    expect(await juliet.roster()).toHaveLength(2)
  },
  'xmpp-roster set JID -R -n NAME -g GROUP': async (stage, typed) => {
    const juliet = await stage.somebody('juliet', TWO)
    expectDone(await typed(juliet, { JID: ROMEO, NAME: 'R', GROUP: 'Verona' }))
    expectDone(await typed(juliet, { JID: PARIS, NAME: 'Paris', GROUP: 'Enemies' }))
    expect(await juliet.roster()).toEqual([
      `${NURSE} to "Nurse"`,
      `${PARIS} none "Paris" [Enemies]`,
      `${ROMEO} both "R" [Verona]`,
    ])
  },
  'xmpp-roster add JID -n NAME -g GROUP': async (stage, typed) => {
    const juliet = await stage.somebody('juliet', TWO)
    expect(expectDone(await typed(juliet, { JID: PARIS, NAME: 'Paris', GROUP: 'A' }))).toBe(`${PARIS} added\n`)
    expectDone(await typed(juliet, { JID: ROMEO, NAME: 'R', GROUP: 'A' }))
    expect(await juliet.roster()).toEqual([
      `${NURSE} to "Nurse"`,
      `${PARIS} none "Paris" [A]`,
      `${ROMEO} both "R" [A] [Friends] [Verona]`,
    ])
  },
  'xmpp-roster set JID -n ""': async (stage, typed) => {
    const juliet = await stage.somebody('juliet', TWO)
    expectDone(await typed(juliet, { JID: ROMEO }))
    expect(await juliet.roster()).toEqual([`${NURSE} to "Nurse"`, `${ROMEO} both [Friends] [Verona]`])
  },
  'xmpp-roster set JID --ungroup GROUP': async (stage, typed) => {
    const juliet = await stage.somebody('juliet', TWO)
    expectDone(await typed(juliet, { JID: ROMEO, GROUP: 'Verona' }))
    expect(await juliet.roster()).toEqual([`${NURSE} to "Nurse"`, `${ROMEO} both "Romeo" [Friends]`])
  },
  'xmpp-roster set JID -g ""': async (stage, typed) => {
    const juliet = await stage.somebody('juliet', TWO)
    const before = await juliet.roster()
    expect(await typed(juliet, { JID: ROMEO })).toMatchObject({ code: 2, out: '' })
    expect(await juliet.roster()).toEqual(before)
  },
  'xmpp-roster delete JID': async (stage, typed) => {
    const juliet = await stage.somebody('juliet', TWO)
    expect(await typed(juliet, { JID: ROMEO })).toMatchObject({ code: 20, out: '' })
    expect(await juliet.roster()).toHaveLength(2)
    const terminal = typed.onTerminal(juliet, { JID: ROMEO })
    await terminal.shows('(y/N) ')
    terminal.type('y')
    terminal.press('enter')
    expect(await terminal.ended()).toBe(0)
    expect(await juliet.roster()).toEqual([`${NURSE} to "Nurse"`])
    expect(await typed(juliet, { JID: ROMEO })).toMatchObject({ code: 16 })
  },
  'xmpp-roster delete -f JID JID2': async (stage, typed) => {
    const romeo = await freshHuman(stage.server, 'romeo')
    const juliet = await stage.somebody('juliet', { ...TWO, [romeo.jid]: { subscription: 'both' } })
    await stage.server.setRosterItem(romeo.jid, juliet.jid, { subscription: 'both' })
    expectDone(await typed(juliet, { JID: romeo.jid, JID2: NURSE }))
    expect(jidsOf(await juliet.roster())).toEqual([ROMEO])
    await romeo.hearing(juliet.jid, 'unsubscribed')
    await settled(romeo.client)
    expect(await romeo.sees(juliet.jid)).toBe('none')
    expect(romeo.hears(juliet.jid).filter((word) => word === 'unsubscribe')).toHaveLength(1)
    expect(await typed(juliet, { JID: NURSE, JID2: ROMEO })).toMatchObject({ code: 16 })
    expect(jidsOf(await juliet.roster())).toEqual([ROMEO])
  },
  'xmpp-roster resync': async (stage, typed) => {
    const juliet = await stage.somebody('juliet', EVERY)
    expect(expectDone(await typed(juliet))).toBe('4 contacts\n')
    expect(jidsOf(await juliet.roster())).toEqual([NURSE, PARIS, ROMEO, TYBALT])
  },
  'xmpp-roster login JID': async (stage, typed) => {
    const juliet = await stage.somebody('juliet', TWO)
    const env = { ...juliet.env, XMPP_PASSWORD: '' }
    const path = join(juliet.cwd, '.config/xmpp-roster/accounts.json')
    const answered = async (word: string): Promise<number> => {
      const terminal = typed.onTerminal({ ...juliet, env }, { JID: juliet.jid })
      await terminal.shows('Password of')
      terminal.type(word)
      terminal.press('enter')
      return terminal.ended()
    }
    expect(await answered('wrong')).toBe(4)
    expect(existsSync(path)).toBe(false)
    expect(await answered(juliet.password)).toBe(0)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ default: juliet.jid })
  },
}

const COUNTS = { contacts: 5, both: 1, toOnly: 1, fromOnly: 1, none: 2, pendingOut: 1, ungrouped: 5 }

export const FIGURES: Readonly<Record<string, Scenario>> = {
  'xmpp-roster stats': async (stage, typed) => {
    const lines = expectDone(await typed(await stage.somebody('juliet', TWO)))
    for (const line of ['Contacts: 2', 'both): 1', '  on localhost: 2 (100.0%)', '  in Friends: 1', 'In no group: 1'])
      expect(lines).toContain(`${line}\n`)
  },
  'xmpp-roster stats --json': async (stage, typed) => {
    const juliet = await stage.somebody('juliet', EVERY)
    await asking(stage, juliet)
    expect(JSON.parse(expectDone(await typed(juliet)))).toMatchObject({ ...COUNTS, hosts: { localhost: 5 } })
  },
  'xmpp-roster purge': async (stage, typed) => {
    const juliet = await stage.somebody('juliet', EVERY)
    expect((await typed(juliet)).code).toBe(20)
    const answered = async (word: string): Promise<number> => {
      const terminal = typed.onTerminal(juliet)
      await terminal.shows(TYBALT)
      await terminal.shows('(y/N) ')
      terminal.type(word)
      terminal.press('enter')
      return terminal.ended()
    }
    expect(await answered('n')).toBe(20)
    expect(jidsOf(await juliet.roster())).toHaveLength(4)
    expect(await answered('yes')).toBe(0)
    expect(jidsOf(await juliet.roster())).toEqual([NURSE, PARIS, ROMEO])
  },
  'xmpp-roster purge -f': purged('mercutio', NURSE, PARIS, ROMEO),
  'xmpp-roster purge -f --no-from': purged('mercutio', PARIS, ROMEO),
  'xmpp-roster purge -f --no-to': purged('mercutio', NURSE, ROMEO),
  'xmpp-roster purge -f --no-from --no-to': purged('mercutio', ROMEO),
  'xmpp-roster purge -f --pending': purged(NURSE, PARIS, ROMEO),
  'xmpp-roster purge --dry-run': async (stage, typed) => {
    const juliet = await stage.somebody('juliet', EVERY)
    expect(expectDone(await typed(juliet))).toBe(`There is no subscription with:\n    ${TYBALT}\n`)
    expect(await juliet.roster()).toHaveLength(4)
  },
}

/** Romeo is there, and has asked Juliet, who is not. */
const asked = async (stage: Stage): Promise<{ juliet: Somebody; romeo: Awaited<ReturnType<typeof freshHuman>> }> => {
  const juliet = await stage.somebody('juliet')
  const romeo = await freshHuman(stage.server, 'romeo')
  await romeo.client.send(xml('presence', { type: 'subscribe', to: juliet.jid }, xml('status', {}, 'Ay me')))
  await settled(romeo.client)
  return { juliet, romeo }
}

export const REQUESTS: Readonly<Record<string, Scenario>> = {
  'xmpp-roster subscribe JID': async (stage, typed) => {
    const juliet = await stage.somebody('juliet')
    const romeo = await freshHuman(stage.server, 'romeo')
    expect(expectDone(await typed(juliet, { JID: romeo.jid }))).toBe(`${romeo.jid} asked\n`)
    await romeo.hearing(juliet.jid, 'subscribe')
    expect(await juliet.roster()).toEqual([`${romeo.jid} none+out`])
  },
  'xmpp-roster unsubscribe JID': async (stage, typed) => {
    const romeo = await freshHuman(stage.server, 'romeo')
    const juliet = await stage.somebody('juliet', { [romeo.jid]: { subscription: 'both' } })
    await stage.server.setRosterItem(romeo.jid, juliet.jid, { subscription: 'both' })
    expectDone(await typed(juliet, { JID: romeo.jid }))
    await romeo.hearing(juliet.jid, 'unsubscribe')
    expect(await juliet.roster()).toEqual([`${romeo.jid} from`])
    expect((await typed(juliet, { JID: romeo.jid })).code).toBe(16)
  },
  'xmpp-roster requests': async (stage, typed) => {
    const { juliet, romeo } = await asked(stage)
    const [titles, row = []] = cellsOf(expectDone(await typed(juliet)))
    expect(titles).toEqual(['JID', 'NICK', 'SINCE', 'STATUS'])
    expect([row[0], row.at(-1)]).toEqual([romeo.jid, 'Ay me'])
    expect(cellsOf(expectDone(await typed(juliet)))).toHaveLength(2)
  },
  'xmpp-roster requests --json': async (stage, typed) => {
    const { juliet, romeo } = await asked(stage)
    expect(JSON.parse(expectDone(await typed(juliet)))).toMatchObject([{ jid: romeo.jid, status: 'Ay me' }])
  },
  'xmpp-roster authorize JID --subscribe': async (stage, typed) => {
    const { juliet, romeo } = await asked(stage)
    expectDone(await typed(juliet, { JID: romeo.jid }))
    await romeo.hearing(juliet.jid, 'subscribed')
    await romeo.hearing(juliet.jid, 'subscribe')
    expect(await juliet.roster()).toEqual([`${romeo.jid} from+out`])
    expect((await typed(juliet, { JID: TYBALT })).code).toBe(16)
    expect(await juliet.roster()).toEqual([`${romeo.jid} from+out`])
  },
  'xmpp-roster deny JID': async (stage, typed) => {
    const { juliet, romeo } = await asked(stage)
    expectDone(await typed(juliet, { JID: romeo.jid }))
    await romeo.hearing(juliet.jid, 'unsubscribed')
    expect(await juliet.roster()).toEqual([])
    expect((await typed(juliet, { JID: romeo.jid })).code).toBe(16)
  },
  'xmpp-roster groups': async (stage, typed) => {
    const rows = cellsOf(expectDone(await typed(await stage.somebody('juliet', TWO))))
    expect(rows).toEqual([
      ['GROUP', 'CONTACTS'],
      ['(none)', '1'],
      ['Friends', '1'],
      ['Verona', '1'],
    ])
  },
  'xmpp-roster groups rename GROUP NAME': async (stage, typed) => {
    const juliet = await stage.somebody('juliet', TWO)
    expectDone(await typed(juliet, { GROUP: 'Friends', NAME: 'Old friends' }))
    expect(await juliet.roster()).toContain(`${ROMEO} both "Romeo" [Old friends] [Verona]`)
    expect((await typed(juliet, { GROUP: 'Friends', NAME: 'x' })).code).toBe(16)
  },
  'xmpp-roster groups delete -f GROUP': async (stage, typed) => {
    const juliet = await stage.somebody('juliet', TWO)
    expectDone(await typed(juliet, { GROUP: 'Friends' }))
    expect(await juliet.roster()).toEqual([`${NURSE} to "Nurse"`, `${ROMEO} both "Romeo" [Verona]`])
  },
  'xmpp-roster watch --json': async (stage, typed) => {
    const romeo = await stage.somebody('romeo')
    const juliet = await stage.somebody('juliet', { [romeo.jid]: { subscription: 'both' } })
    await stage.server.setRosterItem(romeo.jid, juliet.jid, { subscription: 'both' })
    const program = startProgram(['sh', '-c', `exec ${typed.line()}`], juliet.cwd, juliet.env)
    try {
      await program.printed('"started"')
      const there = await human(stage.server, romeo)
      await program.printed('"available":true')
      await stopEntity(there.client)
      await program.printed('"available":false')
      expect(await program.stop('SIGINT')).toBe(0)
    } finally {
      killPrograms()
    }
    const events = program.output().trimEnd().split('\n')
    expect(events.map((line) => JSON.parse(line).event)).toEqual(expect.arrayContaining(['started', 'presence']))
  },
}
