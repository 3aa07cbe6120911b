import { expect, test } from 'vitest'
import { Conversation, type Fate } from './conversation.js'
import { unfounded } from './judge.js'
import { seeded } from './random.js'
import { writeScript } from './script.js'
import { openStage, PEOPLE, type Stage } from './stage.js'

const DEATHS = 200
const STEPS = 12
/** A guard against a test that hangs. */
const PATIENCE_MS = 900_000
const SEED = 20_261_121

const deathsOf = (stage: Stage): readonly string[] =>
  stage.component.notes().flatMap((note) => (note.kind === 'dies' ? [note.at] : []))

/** Of three, two die: also of those who take over. */
function fateOf(random: (below: number) => number): Fate {
  return (instants) =>
    instants > 0 && random(3) > 0 ? { after: 1 + random(instants), turns: 1 + random(60) } : undefined
}

async function killAndCompare(stage: Stage): Promise<void> {
  const random = seeded(SEED)
  const fate = fateOf(random)
  const last: Conversation[] = []
  for (let at = 0; deathsOf(stage).length < DEATHS; at++) {
    const name = at % 3 === 0 ? `auto${at}` : `ask${at}`
    const script = writeScript(random, PEOPLE, STEPS, at % 3 === 0)
    const calm = new Conversation(stage, stage.ownerNamed(`${name}-calm`), () => undefined)
    const cruel = new Conversation(stage, stage.ownerNamed(name), fate)
    const expected = await calm.play(script)
    const end = await cruel.play(script, calm.instants)
    expect(end, JSON.stringify(script)).toEqual(expected)
    const left = await calm.forget()
    expect(await cruel.forget(calm.instants.at(-1))).toEqual(left)
    last.push(calm, cruel)
  }
  expect(last.flatMap((conversation) => conversation.unfounded)).toEqual([])
}

function expectAllDeaths(deaths: readonly string[]): void {
  for (const when of ['before', 'within', 'after']) {
    for (const what of ['load', 'commit', 'send'])
      expect(deaths.filter((at) => at.startsWith(`${when} ${what}`))).not.toEqual([])
  }
}

/** One test: so many deaths, and what they may not change. */
export function deathTest(url: () => string): void {
  test(`killed at ${DEATHS} instants, it ends where it would have ended, and grants nobody what nobody granted`, {
    timeout: PATIENCE_MS,
  }, async () => {
    const stage = await openStage(url())
    try {
      await killAndCompare(stage)
      const notes = stage.component.notes()
      expect(unfounded(notes)).toEqual([])
      expect(stage.component.failures).toEqual([])
      expectAllDeaths(deathsOf(stage))
    } finally {
      await stage.close()
    }
  })
}
