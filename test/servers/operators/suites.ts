import { expect, test } from 'vitest'
import * as admin from '../../../src/admin.js'
import { describeServers, type ServerFixture, type SuiteOptions } from '../support/index.js'
import { CHANGES, FIGURES, GET, REQUESTS } from './account.js'
import { CODE, EJABBERD } from './ejabberd.js'
import { CLIENTS, PRIVILEGED, STORAGE, witnessed } from './others.js'
import { recipesUnder } from './page.js'
import { RECIPES } from './recipes.js'
import { expectDone, type Scenario, type Stage, stageOf, typedOf, typedProgram } from './stage.js'

// A row is several processes, each with a login, on a machine that does other things as well.
const GUARD = 180_000

export const recipes = recipesUnder('## Recipes')

const ACCOUNT: Readonly<Record<string, Scenario>> = { ...GET, ...CHANGES, ...FIGURES, ...REQUESTS }

/** What is tried, by the very text of the page. */
export const TRIED: readonly string[] = [ACCOUNT, EJABBERD, CODE, PRIVILEGED, CLIENTS, STORAGE].flatMap(Object.keys)

/** How the command is run. */
export type Command = () => readonly string[]

/** A scenario has to use what it is about. */
const used = async (body: (onUse: () => void) => Promise<void>): Promise<void> => {
  let uses = 0
  await body(() => {
    uses += 1
  })
  expect(uses).toBeGreaterThan(0)
}

const tried = (stage: Stage, scenarios: Readonly<Record<string, Scenario>>): void => {
  for (const [text, scenario] of Object.entries(scenarios))
    test(text, { timeout: GUARD }, () => used((onUse) => scenario(stage, typedOf(text, onUse))))
}

const ofAccounts = (server: ServerFixture, command: Command): void => {
  const stage = stageOf(server, command)
  tried(stage, ACCOUNT)

  for (const [title, program] of recipes)
    test(`the recipe "${title}"`, { timeout: GUARD }, () =>
      used(async (onUse) => RECIPES[title]?.(stage, typedProgram(program, onUse))),
    )

  const UNSEEN = ['get', 'stats', 'export', 'resync', 'add nurse@localhost', 'delete -f nurse@localhost']
  test.each(UNSEEN)('nobody sees that "%s" is run', { timeout: GUARD }, async (words) => {
    const { juliet, during } = await witnessed(stage)
    await stage.server.setRosterItem(juliet.jid, 'nurse@localhost')
    expect(await during(async () => expectDone(await typedOf(`xmpp-roster ${words}`)(juliet)))).toEqual([])
  })

  const SEEN = ['requests', 'purge --dry-run', 'get --online']
  test.each(SEEN)('contacts see the account as "xa" while "%s" runs', { timeout: GUARD }, async (words) => {
    const { juliet, during } = await witnessed(stage)
    const heard = await during(async () => expectDone(await typedOf(`xmpp-roster ${words}`)(juliet)))
    expect([...new Set(heard)]).toEqual(['xa', 'unavailable'])
  })
}

const ofEjabberd = (server: ServerFixture, command: Command): void => {
  const stage = stageOf(server, command)
  tried(stage, EJABBERD)

  for (const [text, scenario] of Object.entries(CODE))
    test(text, () =>
      used((onUse) =>
        scenario(stage, (names) => {
          onUse()
          const known = { ...admin, ...names }
          // The very line of the page.
          const run = new Function(...Object.keys(known), `return (async () => ${text})()`)
          return run(...Object.values(known)) as Promise<unknown>
        }),
      ),
    )
}

/** Each row on the servers of a release. */
export const rowsOn = (release: NonNullable<SuiteOptions['release']>, command: Command): void => {
  const prosody: SuiteOptions = { only: ['prosody'], release }
  describeServers('as an account', { only: ['prosody', 'ejabberd'], release }, (server) => ofAccounts(server, command))
  describeServers('through the API', { only: ['ejabberd'], release }, (server) => ofEjabberd(server, command))
  describeServers('as a component that may manage rosters', { ...prosody, privilege: 'both' }, (server) =>
    tried(stageOf(server, command), PRIVILEGED),
  )
  describeServers('what has access', { ...prosody, prosodyModules: ['clients_for_tests'] }, (server) =>
    tried(stageOf(server, command), CLIENTS),
  )
}

/** The rows that need no server. */
export const rowsOfStorage = (command: Command): void =>
  describeServers('in a storage', { only: ['in-process'] }, (server) => tried(stageOf(server, command), STORAGE))
