import type { Output, Style } from './output.js'
import { type Row, showOf, sorted } from './rows.js'
import type { Session } from './session.js'
import { tableLines } from './table.js'
import { cutTo, plain } from './text.js'

const STYLES: Readonly<Record<string, Style>> = {
  chat: 'green',
  online: 'green',
  away: 'yellow',
  xa: 'yellow',
  dnd: 'red',
}
/** Who is there stands above. */
const ORDER = ['chat', 'online', 'away', 'xa', 'dnd', '']

/** Contacts and presences as they are now, in as many lines as the window has but one. */
export function tableOf({ own }: Session, out: Output, title: string): readonly string[] {
  const all = [...own.values()].map((item): Row => ({ item, presence: own.presence(item.jid) }))
  const rows = [...sorted(all, 'name')].sort((a, b) => rankOf(a) - rankOf(b))
  const { columns = 80, rows: height = 24 } = out
  const cut = (line: string): string => cutTo(line, columns)
  const asked = own.requests().map(({ contact }) => contact)
  const waiting = asked.length === 0 ? [] : [cut(plain(`Waiting for an answer: ${asked.join(', ')}`))]
  const online = rows.filter(({ presence }) => presence?.available === true).length
  const head = cut(plain(`${online} of ${rows.length} online: ${title}. q ends.`))
  const room = Math.max(1, height - 1 - waiting.length - 2)
  const shown = rows.length > room ? rows.slice(0, room - 1) : rows
  const more = shown.length === rows.length ? [] : [cut(`… and ${rows.length - shown.length} more`)]
  const [titles = '', ...lines] = tableLines(['JID', 'NAME', 'SHOW', 'STATUS'], shown.map(cellsOf), columns)
  const styled = lines.map((line, at) => out.styled(cut(line), STYLES[showOf(shown[at]?.presence)] ?? 'dim'))
  return [head, ...waiting, out.styled(cut(titles), 'bold'), ...styled, ...more].slice(0, Math.max(1, height - 1))
}

const rankOf = ({ presence }: Row): number => ORDER.indexOf(showOf(presence))

const cellsOf = ({ item, presence }: Row): readonly string[] => [
  item.jid,
  item.name ?? '',
  showOf(presence),
  presence?.best?.status ?? '',
]
