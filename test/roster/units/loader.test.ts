import { expect, test } from 'vitest'
import { MemoryStorage, RosterError } from '../../../src/index.js'
import { Loader } from '../../../src/roster/loader.js'

const JULIET = 'juliet@example.com'
const ROMEO = 'romeo@example.net'

async function stage(storage = new MemoryStorage()): Promise<{ loader: Loader; counted: string[] }> {
  for (const owner of [JULIET, ROMEO])
    await storage.commit(owner, { base: undefined, revision: `first of ${owner}`, put: [] })
  const counted: string[] = []
  return { loader: new Loader(storage, (name) => counted.push(name)), counted }
}

test('Everybody who asks for one owner in one tick is answered, by one load (promise 23)', async () => {
  const { loader, counted } = await stage()

  const answers = await Promise.all([loader.load(JULIET), loader.load(ROMEO), loader.load(JULIET)])

  expect(answers.map((stored) => stored?.revision)).toEqual([
    `first of ${JULIET}`,
    `first of ${ROMEO}`,
    `first of ${JULIET}`,
  ])
  expect(counted).toEqual(['loads'])
})

test('One that cannot be read fails alone', async () => {
  const damaged = new RosterError('STORAGE_CORRUPT', 'Damaged')
  class Spoilt extends MemoryStorage {
    override load(owner: string) {
      return owner === ROMEO ? Promise.reject(damaged) : super.load(owner)
    }
    override loadMany(owners: readonly string[]) {
      return owners.includes(ROMEO) ? Promise.reject(damaged) : super.loadMany(owners)
    }
  }
  const { loader } = await stage(new Spoilt())

  const answers = await Promise.allSettled([loader.load(ROMEO), loader.load(JULIET)])

  expect(answers).toMatchObject([{ reason: damaged }, { value: { revision: `first of ${JULIET}` } }])
})
