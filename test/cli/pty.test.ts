import { expect, test } from 'vitest'
import { builtCommand } from './support/build.js'
import { describeWith, openTerminal, pictureOf } from './support/pty.js'

const node = (script: string) => [process.execPath, '-e', script] as const

describeWith('python3', 'A program on a pseudo-terminal', () => {
  test('sees a terminal of the given size, and ends with its own code', async () => {
    const script =
      'console.log(process.stdin.isTTY, process.stdout.isTTY, process.stdout.getWindowSize()); process.exit(7)'
    const terminal = openTerminal(node(script), { columns: 33, rows: 11 })
    expect(await terminal.ended()).toBe(7)
    expect(terminal.picture().lines).toEqual(['true true [ 33, 11 ]'])
  })

  test('is told when the window becomes another size', async () => {
    const script = `process.stdout.on('resize', () => { console.log(process.stdout.columns); process.exit() })
      setInterval(() => {}, 1000); console.log('ready')`
    const terminal = openTerminal(node(script))
    await terminal.shows('ready')
    terminal.resize(120, 40)
    await terminal.shows('120')
    expect(await terminal.ended()).toBe(0)
  })

  test('gets what is typed', async () => {
    const terminal = openTerminal(['sh', '-c', 'printf "Who? "; read name; echo "Hello, $name."'])
    await terminal.shows('Who? ')
    terminal.type('Romeo ✿')
    terminal.press('enter')
    await terminal.shows('Hello, Romeo ✿.')
    expect(await terminal.ended()).toBe(0)
    expect(terminal.picture().lines).toEqual(['Who? Romeo ✿', 'Hello, Romeo ✿.'])
  })

  test('is interrupted by Ctrl-C', async () => {
    const terminal = openTerminal(node(`setInterval(() => {}, 1000); console.log('ready')`))
    await terminal.shows('ready')
    terminal.press('ctrl-c')
    expect(await terminal.ended()).toBe(130)
  })

  test('what it does not write is not waited for longer than it runs', async () => {
    const terminal = openTerminal(['echo', 'something'])
    await expect(terminal.shows('anything')).rejects.toThrow('something')
  })
})

describeWith('python3', 'The picture of a terminal', () => {
  test.for<[what: string, output: string, lines: readonly string[]]>([
    ['plain lines', 'a\r\nb\r\n', ['a', 'b']],
    ['a line that is written over', '10 %\r100 %', ['100 %']],
    ['a longer line that is erased first', 'a long line\r\u001b[Kshort', ['short']],
    ['the rest of a line that is erased', 'a long line\r\u001b[6C\u001b[K', ['a long']],
    ['colours', '\u001b[1mbold\u001b[22m \u001b[31mred\u001b[39m', ['bold red']],
    ['lines above that are drawn again', 'one\r\ntwo\r\n\u001b[2A\u001b[JONE\r\nTWO\r\n', ['ONE', 'TWO']],
    ['a screen that is drawn at a place', '\u001b[2J\u001b[3;5Hhere', ['', '', '    here']],
    ['a cursor that is hidden', '\u001b[?25lx\u001b[?25h', ['x']],
    ['a title', '\u001b]0;title\u0007x', ['x']],
    ['backspaces', 'abc\b\b \b', ['a c']],
    ['tabs', 'a\tb', ['a       b']],
    ['marks over letters', 'e\u0301x', ['e\u0301x']],
  ])('shows %s', ([, output, lines]) => {
    expect(pictureOf(output, 20, 5).lines).toEqual(lines)
  })

  test('breaks lines that are too long, and counts them', () => {
    expect(pictureOf('1234567890abc', 10)).toMatchObject({ lines: ['1234567890', 'abc'], wraps: 1 })
    expect(pictureOf('1234567890\r\nabc', 10)).toMatchObject({ lines: ['1234567890', 'abc'], wraps: 0 })
  })

  test('gives wide characters two cells', () => {
    expect(pictureOf('羅密歐x', 10)).toMatchObject({ lines: ['羅密歐x'], cursor: [0, 7] })
    expect(pictureOf('羅密歐', 5)).toMatchObject({ lines: ['羅密', '歐'], wraps: 1 })
  })

  test('keeps what has left at the top', () => {
    expect(pictureOf('a\r\nb\r\nc\r\nd', 10, 2).lines).toEqual(['a', 'b', 'c', 'd'])
  })
})

describeWith('python3', 'The command on a pseudo-terminal', () => {
  const command = builtCommand()

  test.each([80, 120])('explains itself in a window of %i columns', async (columns) => {
    const terminal = openTerminal([...command(), '--help'], { columns })
    await terminal.shows('Usage: xmpp-roster')
    expect(await terminal.ended()).toBe(0)
  })
})
