import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { freshHuman } from '../support/human.js'
import { settled } from '../support/index.js'
import { expectDone, type Scenario, withAccounts } from './stage.js'

const staff = (...names: readonly string[]): readonly object[] =>
  names.map((name) => ({ jid: `${name}@localhost`, name, groups: ['Staff'] }))

export const RECIPES: Readonly<Record<string, Scenario>> = {
  'Move an account': async (stage, typed) => {
    const romeo = await freshHuman(stage.server, 'romeo')
    const old = await stage.somebody('old', {
      [romeo.jid]: { subscription: 'to', name: 'Romeo', groups: ['Friends'] },
      'nurse@localhost': { subscription: 'none', name: 'Nurse' },
    })
    const fresh = await stage.somebody('new', { 'paris@localhost': { subscription: 'from', name: 'Paris' } })
    const entry = ({ jid, password }: typeof old): object => ({ jid, password, service: stage.server.c2s })
    const typing = withAccounts(old, { old: entry(old), new: entry(fresh) })
    expectDone(await typed(typing))
    expect(await fresh.roster()).toEqual([
      'nurse@localhost none "Nurse"',
      'paris@localhost from "Paris"',
      `${romeo.jid} none+out "Romeo" [Friends]`,
    ])
    await romeo.hearing(fresh.jid, 'subscribe')
    expect(await old.roster()).toHaveLength(2)

    // ejabberd cannot grant in advance: that is said, when all else is done.
    await stage.server.setRosterItem(old.jid, romeo.jid, { subscription: 'both', name: 'Romeo', groups: ['Friends'] })
    const { code, err } = await typed(typing)
    expect(code).toBe(stage.server.kind === 'ejabberd' ? 1 : 0)
    expect(err.includes('UNSUPPORTED')).toBe(stage.server.kind === 'ejabberd')
    expect(await fresh.roster()).toContain(`${romeo.jid} none+out "Romeo" [Friends]`)
  },
  'Keep a roster as a directory says': async (stage, typed) => {
    const juliet = await stage.somebody('juliet', {
      'mum@localhost': { subscription: 'none', name: 'Mum' },
    })
    juliet.file('wanted.json', staff('ann', 'bob', 'cid', 'dan', 'eve', 'fay', 'gus', 'hal', 'ida', 'jon'))
    expectDone(await typed(juliet))
    expect(await juliet.roster()).toHaveLength(11)
    await stage.server.setRosterItem(juliet.jid, 'ann@localhost', {
      subscription: 'none',
      name: 'A.',
      groups: ['Staff'],
    })

    const next = staff('ann', 'cid', 'dan', 'eve', 'fay', 'gus', 'hal', 'ida', 'jon')
    juliet.file('wanted.json', next)
    expect(expectDone(await typed(juliet))).toContain('- bob@localhost\n')
    expect(await juliet.roster()).toEqual(
      expect.arrayContaining(['ann@localhost none "A." [Staff]', 'mum@localhost none "Mum"']),
    )
    expect(await juliet.roster()).toHaveLength(10)
    expect(JSON.parse(readFileSync(join(juliet.cwd, 'applied.json'), 'utf8'))).toEqual(next)

    // A directory that has lost its people empties no roster, and is not taken for applied.
    juliet.file('wanted.json', [])
    expect(await typed(juliet)).toMatchObject({ code: 1, err: expect.stringContaining('PLAN_REFUSED') })
    expect(await juliet.roster()).toHaveLength(10)
    expect(existsSync(join(juliet.cwd, 'wanted.json'))).toBe(true)
  },
  'From cron': async (stage, typed) => {
    const juliet = await stage.somebody('juliet')
    const romeo = await freshHuman(stage.server, 'romeo')
    await romeo.says('subscribe', juliet.jid)
    await settled(romeo.client)
    const entry = { jid: juliet.jid, password: juliet.password, service: stage.server.c2s }
    expectDone(await typed(withAccounts(juliet, { desk: entry })))
    const read = (): unknown => JSON.parse(readFileSync(join(juliet.cwd, 'requests.json'), 'utf8'))
    expect(read()).toMatchObject([{ jid: romeo.jid }])
    // Without a connection it waits for the next run; a configuration that is wrong is said.
    const away = await typed(withAccounts(juliet, { desk: { ...entry, service: 'xmpp://127.0.0.1:1' } }))
    expect(away).toMatchObject({ code: 0, err: expect.stringContaining('NOT_CONNECTED') })
    expect((await typed(withAccounts(juliet, { other: entry }))).code).toBe(2)
  },
  'Purge every month': async (stage, typed) => {
    const juliet = await stage.somebody('juliet', {
      'romeo@localhost': { subscription: 'to' },
      'tybalt@localhost': { subscription: 'none' },
    })
    const out = expectDone(await typed(juliet))
    expect(out.match(/tybalt@localhost$/gm)).toHaveLength(2)
    expect(await juliet.roster()).toEqual(['romeo@localhost to'])
  },
}
