import { assertSame, comparable, read } from './assertions.js'
import { HOSTILE } from './keys.js'
import { asking, type Chapter, create, forEach, item, JULIET, NURSE, names, OWNER, owed, retrying } from './subject.js'

const SOME = ['__proto__', 'constructor', 'andre@example.com', 'andré@example.com', OWNER, 'comp.localhost']

export const LOAD_MANY: Chapter = {
  'loadMany, where it is there, gives what load gives and leaves out who has no roster': async ({ storage, other }) => {
    if (other.loadMany === undefined) return
    const edit = (owner: string) => ({ put: [asking(JULIET), item(NURSE)], owe: [owed(owner)], version: owner })
    for (const owner of SOME) await create(storage, owner, edit(owner))
    const many = await other.loadMany([...SOME, 'nobody@example.com', 'ANDRE@example.com', 'andre@example.com '])
    assertSame([...many.keys()].sort(), [...SOME].sort(), 'loadMany names others than those who have a roster')
    for (const owner of SOME) {
      assertSame(comparable(owner, many.get(owner)), await read(storage, owner), `loadMany differs for ${owner}`)
    }
  },

  'loadMany, where it is there, gives each owner its own, whatever they are made of and how they are asked for':
    async ({ storage, other }) => {
      if (other.loadMany === undefined) return
      await forEach(HOSTILE, (owner) => retrying(storage, owner, () => ({ version: owner })))
      const asked = [...HOSTILE].reverse().flatMap((owner) => [owner, owner])
      const many = await other.loadMany(asked)
      const versions = [...many].map(([owner, { version }]) => [owner, version] as const)
      assertSame(new Map(versions), new Map(HOSTILE.map((owner) => [owner, owner])), 'loadMany mixes owners up')
    },

  'loadMany, where it is there, takes none and a thousand': async ({ storage }) => {
    if (storage.loadMany === undefined) return
    assertSame((await storage.loadMany([])).size, 0, 'nobody was asked for')
    await create(storage, OWNER)
    const found = await storage.loadMany([...names(1_000, 'example.com'), OWNER])
    assertSame([...found.keys()], [OWNER], 'one of a thousand has a roster')
  },
}
