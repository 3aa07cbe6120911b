/** What the demonstration shows: coloured lines where the terminal has colours, and tables. */
import { styleText } from 'node:util'
import type { OwnerRoster } from 'xmpp-roster'

type Colour = 'cyan' | 'green' | 'yellow' | 'magenta' | 'blue' | 'bold' | 'dim' | 'red'

const { NO_COLOR, FORCE_COLOR } = process.env
const hasColours = (process.stdout.isTTY || FORCE_COLOR !== undefined) && !NO_COLOR

export const paint = (colour: Colour, text: string): string =>
  hasColours ? styleText(colour, text, { validateStream: false }) : text

const WHO_WIDTH = 22
const OWNERS: readonly Colour[] = ['cyan', 'magenta', 'blue', 'yellow']
const colours = new Map<string, Colour>()

/** Each owner keeps its colour. */
function colourOf(owner: string): Colour {
  const colour = colours.get(owner) ?? OWNERS[colours.size % OWNERS.length] ?? 'cyan'
  colours.set(owner, colour)
  return colour
}

export function chapter(title: string): void {
  console.log(`\n${paint('bold', title)}`)
}

/** One thing that happened to an owner. */
export function line(owner: string, what: string): void {
  console.log(`  ${paint(colourOf(owner), owner.padEnd(WHO_WIDTH))} ${what}`)
}

/** What somebody does who is not under test. */
export function does(who: string, what: string): void {
  console.log(`  ${paint('dim', `${who.padEnd(WHO_WIDTH)} ${what}`)}`)
}

export const decisionInColour = (decision: string): string => {
  const colour: Colour = decision === 'authorize' ? 'green' : decision === 'deny' ? 'red' : 'yellow'
  return paint(colour, decision)
}

const HEAD = ['owner', 'contact', 'state', 'groups', 'presence']

function rowsOf(roster: OwnerRoster): string[][] {
  const items = [...roster].map(([contact, item]) => {
    const { available, best, resources } = roster.presence(contact)
    const words = [
      best?.show ?? 'available',
      best?.status === undefined ? '' : `"${best.status}"`,
      `× ${resources.size}`,
    ]
    const said = available ? words.filter((word) => word !== '' && word !== '× 1').join(' ') : 'offline'
    return [roster.owner, contact, item.state, item.groups.join(', '), said]
  })
  const requests = roster.requests().map(({ contact }) => [roster.owner, contact, 'asks, undecided', '', ''])
  return [...items, ...requests]
}

/** The rosters as they stand. */
export function table(rosters: Iterable<OwnerRoster>): void {
  const rows = [HEAD, ...[...rosters].flatMap(rowsOf)]
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const text = (row: readonly string[]): string =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  const [head = [], ...rest] = rows
  console.log(`\n  ${paint('bold', text(head))}\n  ${widths.map((width) => '─'.repeat(width)).join('  ')}`)
  for (const row of rest) console.log(`  ${text(row)}`)
}
