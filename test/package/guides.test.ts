import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compile, PRELUDE } from './support/compile.js'
import { blocksOf, README, ROOT } from './support/markdown.js'

// Compilations: minutes on a machine that is busy with other things.
const GUARD = 240_000

const FOLDER = 'examples/guides'
const guides = readdirSync(join(ROOT, FOLDER)).map((name) => ({
  name,
  text: readFileSync(join(ROOT, FOLDER, name), 'utf8'),
}))

/** The targets of links that stay in the repository, without their anchors. */
const linksIn = (text: string): readonly string[] =>
  [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].flatMap(([, target]) => target ?? [])

describe.each(guides)('the guide $name', ({ name, text }) => {
  test('has code that compiles, in a strict project', { timeout: GUARD }, () => {
    const code = blocksOf(text).filter(({ language }) => language === 'js' || language === 'ts')
    expect(code.length).toBeGreaterThan(1)
    const programs = new Map(code.map((block) => [`${name}-${block.line}`, block.text]))
    expect(compile(programs, PRELUDE)).toEqual([])
  })

  test('links only to what is there', () => {
    expect(linksIn(text).filter((target) => !existsSync(join(ROOT, FOLDER, target)))).toEqual([])
  })

  test('is linked from the README, and stands in the reference', () => {
    expect(linksIn(README)).toContain(`${FOLDER}/${name}`)
    const { projectDocuments } = JSON.parse(readFileSync(join(ROOT, 'typedoc.json'), 'utf8')) as {
      readonly projectDocuments: readonly string[]
    }
    expect(projectDocuments).toContain(`${FOLDER}/${name}`)
  })
})

test('the README links only to what is there', () => {
  expect(linksIn(README).length).toBeGreaterThan(3)
  expect(linksIn(README).filter((target) => !existsSync(join(ROOT, target)))).toEqual([])
})
