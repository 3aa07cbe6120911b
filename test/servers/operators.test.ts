import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as admin from '../../src/admin.js'
import { EXIT_CODES } from '../../src/cli/errors.js'
import { builtCommand } from '../cli/support/build.js'
import { ROOT } from '../repository/support/source.js'
import { CHANGES, FIGURES, GET, REQUESTS } from './operators/account.js'
import { CODE, EJABBERD } from './operators/ejabberd.js'
import { CLIENTS, PRIVILEGED, STORAGE, witnessed } from './operators/others.js'
import { hereUnder, recipesUnder, rowsIn, sectionOf } from './operators/page.js'
import { RECIPES } from './operators/recipes.js'
import { expectDone, type Scenario, type Stage, stageOf, typedOf, typedProgram } from './operators/stage.js'
import { describeServers, type SuiteOptions } from './support/index.js'

// A row is several processes, each with a login, on a machine that does other things as well.
const GUARD = 180_000

const here = hereUnder(['## From Libervia', '## From Emanagement', '## From prosodyctl'])
const recipes = recipesUnder('## Recipes')
const command = builtCommand()

const ACCOUNT: Readonly<Record<string, Scenario>> = { ...GET, ...CHANGES, ...FIGURES, ...REQUESTS }
const everything = { ...ACCOUNT, ...EJABBERD, ...CODE, ...PRIVILEGED, ...CLIENTS, ...STORAGE }

describe('The page for operators', () => {
  test('has a command, a line of code or a reason in each row', () => {
    expect(here.strange).toEqual([])
    expect(here.texts.length).toBeGreaterThan(70)
  })

  test('has no row that is not tried, and nothing is tried that is in no row', () => {
    expect(Object.keys(everything).sort()).toEqual([...here.texts].sort())
    expect(Object.keys(RECIPES).sort()).toEqual([...recipes.keys()].sort())
  })

  test('has the exit codes that the command has', () => {
    const rows = rowsIn(sectionOf('### Exit codes'))
    expect(rows).toEqual(EXIT_CODES.map(([code, meaning]) => [String(code), meaning]))
  })

  test('has every variable that the command reads', () => {
    const folder = join(ROOT, 'src/cli')
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    const source = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n')
    const read = [...source.matchAll(/env\['(\w+)'\]|'(XDG_\w+)'/g)].map(([, one, other]) => one ?? other)
    const told = rowsIn(sectionOf('### Variables')).map(([name = '']) => name.replaceAll('`', ''))
    // TERM is everybody's.
    expect(told).toEqual(expect.arrayContaining([...new Set(read)].filter((name) => name !== 'TERM')))
  })
})

const tried = (stage: Stage, scenarios: Readonly<Record<string, Scenario>>): void => {
  for (const [text, scenario] of Object.entries(scenarios))
    test(text, { timeout: GUARD }, async () => {
      let uses = 0
      await scenario(
        stage,
        typedOf(text, () => {
          uses += 1
        }),
      )
      expect(uses).toBeGreaterThan(0)
    })
}

const suites = (release: NonNullable<SuiteOptions['release']>): void => {
  const account: SuiteOptions = { only: ['prosody', 'ejabberd'], release }
  const ofProsody: SuiteOptions = { only: ['prosody'], release, privilege: 'both' }

  describeServers('as an account', account, (server) => {
    const stage = stageOf(server, command)
    tried(stage, ACCOUNT)

    for (const [title, program] of recipes)
      test(`the recipe "${title}"`, { timeout: GUARD }, async () => {
        let uses = 0
        await RECIPES[title]?.(
          stage,
          typedProgram(program, () => {
            uses += 1
          }),
        )
        expect(uses).toBeGreaterThan(0)
      })

    const READING = ['get', 'stats', 'export', 'resync', 'add nurse@localhost', 'delete -f nurse@localhost']
    test.each(READING)('nobody sees that "%s" is run', { timeout: GUARD }, async (words) => {
      const { juliet, during } = await witnessed(stage)
      await stage.server.setRosterItem(juliet.jid, 'nurse@localhost')
      expect(await during(async () => expectDone(await typedOf(`xmpp-roster ${words}`)(juliet)))).toEqual([])
    })

    const SHOWN = ['requests', 'purge --dry-run', 'get --online']
    test.each(SHOWN)('contacts see the account as "xa" while "%s" runs', { timeout: GUARD }, async (words) => {
      const { juliet, during } = await witnessed(stage)
      const heard = await during(async () => expectDone(await typedOf(`xmpp-roster ${words}`)(juliet)))
      expect([...new Set(heard)]).toEqual(['xa', 'unavailable'])
    })
  })

  describeServers('through the API of ejabberd', { only: ['ejabberd'], release }, (server) => {
    const stage = stageOf(server, command)
    tried(stage, EJABBERD)

    for (const [text, scenario] of Object.entries(CODE))
      test(text, async () => {
        let uses = 0
        await scenario(stage, (names) => {
          uses += 1
          const known = { ...admin, ...names }
          // The very line of the page.
          const run = new Function(...Object.keys(known), `return (async () => ${text})()`)
          return run(...Object.values(known)) as Promise<unknown>
        })
        expect(uses).toBeGreaterThan(0)
      })
  })

  describeServers('as a component that may manage rosters', ofProsody, (server) => {
    tried(stageOf(server, command), PRIVILEGED)
  })

  describeServers(
    'what has access',
    { only: ['prosody'], release, prosodyModules: ['clients_for_tests'] },
    (server) => {
      tried(stageOf(server, command), CLIENTS)
    },
  )
}

describe('Every row, on the installed servers', () => suites('installed'))

describeServers('Every row, without a server', { only: ['in-process'] }, (server) => {
  tried(stageOf(server, command), STORAGE)
})
