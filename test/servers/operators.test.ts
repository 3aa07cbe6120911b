import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EXIT_CODES } from '../../src/cli/errors.js'
import { builtCommand } from '../cli/support/build.js'
import { ROOT } from '../repository/support/source.js'
import { hereUnder, rowsIn, sectionOf } from './operators/page.js'
import { RECIPES } from './operators/recipes.js'
import { recipes, rowsOfStorage, rowsOn, TRIED } from './operators/suites.js'

const here = hereUnder(['## From Libervia', '## From Emanagement', '## From prosodyctl'])
const command = builtCommand()

describe('The page for operators', () => {
  test('has a command, a line of code or a reason in each row', () => {
    expect(here.strange).toEqual([])
    expect(here.texts.length).toBeGreaterThan(70)
  })

  test('has no row that is not tried, and nothing is tried that is in no row', () => {
    expect([...TRIED].sort()).toEqual([...here.texts].sort())
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

describe('Every row of the page for operators, on the installed servers', () => rowsOn('installed', command))
describe('Every row of the page for operators that needs no server', () => rowsOfStorage(command))
