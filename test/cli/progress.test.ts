import { describe, expect, test } from 'vitest'
import type { Context } from '../../src/cli/context.js'
import { Output } from '../../src/cli/output.js'
import { Progress } from '../../src/cli/progress.js'

const written = (columns: number | undefined, total: number, act: (progress: Progress) => void): string => {
  let text = ''
  const write = (more: string): boolean => {
    text += more
    return true
  }
  const err = new Output({ ...(columns === undefined ? {} : { isTTY: true, columns }), write, on: () => undefined }, {})
  act(new Progress({ err } as Context, 'Deleting', total))
  return text
}
const upTo =
  (count: number) =>
  (progress: Progress): void => {
    for (let done = 1; done <= count; done++) progress.at(done)
    progress.end()
  }
const CLEAR = '\r\u001b[K'

describe('progress', () => {
  test('is a bar on a terminal, which goes when it is over', () => {
    const bars = written(80, 4, upTo(4)).split(CLEAR)
    expect(bars).toEqual([
      '',
      'Deleting 1 of 4 [######..................]',
      'Deleting 2 of 4 [############............]',
      'Deleting 3 of 4 [##################......]',
      'Deleting 4 of 4 [########################]',
      '',
    ])
  })

  test('is no longer than the terminal is wide', () => {
    expect(written(20, 2, upTo(1))).toBe(`${CLEAR}Deleting 1 of 2${CLEAR}`)
  })

  test('leaves above the bar what is to be read', () => {
    expect(written(80, 4, (progress) => progress.say('Look!'))).toBe(`${CLEAR}Look!\n`)
  })

  test('is a line for each tenth elsewhere, and for the end', () => {
    const lines = written(undefined, 95, upTo(95)).trimEnd().split('\n')
    expect(lines).toHaveLength(10)
    expect(lines[0]).toBe('Deleting: 10 of 95')
    expect(lines[9]).toBe('Deleting: 95 of 95')
  })

  test('of a single thing is nothing', () => {
    expect(written(undefined, 1, upTo(1))).toBe('')
  })
})
