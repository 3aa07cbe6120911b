import type { SubscriptionState, SubscriptionType } from '../../../src/core/state.js'

// The tables of RFC 6121 appendix A, as its text prints them. The tests parse them: nothing of the source is used but types.

/** Appendix A.2: what the user sends. */
const OUTBOUND = `
Table 2: Processing of outbound "subscribe" stanzas
|  "None"                  |  MUST [1] |  "None + Pending Out"     |
|  "None + Pending Out"    |  MUST     |  no state change          |
|  "None + Pending In"     |  MUST [1] |  "None + Pending Out+In"  |
|  "None + Pending Out+In" |  MUST     |  no state change          |
|  "To"                    |  MUST     |  no state change          |
|  "To + Pending In"       |  MUST     |  no state change          |
|  "From"                  |  MUST [1] |  "From + Pending Out"     |
|  "From + Pending Out"    |  MUST     |  no state change          |
|  "Both"                  |  MUST     |  no state change          |
[1] A state change to "pending out" includes setting the 'ask' flag to a value of "subscribe" in the user's roster.

Table 3: Processing of outbound "unsubscribe" stanzas
|  "None"                  |  MUST    |  no state change          |
|  "None + Pending Out"    |  MUST    |  "None"                   |
|  "None + Pending In"     |  MUST    |  no state change          |
|  "None + Pending Out+In" |  MUST    |  "None + Pending In"      |
|  "To"                    |  MUST    |  "None"                   |
|  "To + Pending In"       |  MUST    |  "None + Pending In"      |
|  "From"                  |  MUST    |  no state change          |
|  "From + Pending Out"    |  MUST    |  "From"                   |
|  "Both"                  |  MUST    |  "From"                   |

Table 4: Processing of outbound "subscribed" stanzas
|  "None"                  |  M.N.    |  pre-approval [1]         |
|  "None + Pending Out"    |  M.N.    |  pre-approval [1]         |
|  "None + Pending In"     |  MUST    |  "From"                   |
|  "None + Pending Out+In" |  MUST    |  "From + Pending Out"     |
|  "To"                    |  M.N.    |  pre-approval [1]         |
|  "To + Pending In"       |  MUST    |  "Both"                   |
|  "From"                  |  M.N.    |  no state change          |
|  "From + Pending Out"    |  M.N.    |  no state change          |
|  "Both"                  |  M.N.    |  no state change          |
[1] Detailed information regarding subscription pre-approval is provided under Section 3.4.

Table 5: Processing of outbound "unsubscribed" stanzas
|  "None"                  |  S.N.    |  no state change [1]      |
|  "None + Pending Out"    |  S.N.    |  no state change [1]      |
|  "None + Pending In"     |  MUST    |  "None"                   |
|  "None + Pending Out+In" |  MUST    |  "None + Pending Out"     |
|  "To"                    |  S.N.    |  no state change [1]      |
|  "To + Pending In"       |  MUST    |  "To"                     |
|  "From"                  |  MUST    |  "None"                   |
|  "From + Pending Out"    |  MUST    |  "None + Pending Out"     |
|  "Both"                  |  MUST    |  "To"                     |
[1] This event can result in cancellation of a subscription pre-approval, as described under Section 3.4.
`

/** Appendix A.3: what the contact sends. */
const INBOUND = `
Table 6: Processing of inbound "subscribe" stanzas
|  "None"                  |  MUST [1]  |  "None + Pending In"     |
|  "None + Pending Out"    |  MUST      |  "None + Pending Out+In" |
|  "None + Pending In"     |  S.N.      |  no state change         |
|  "None + Pending Out+In" |  S.N.      |  no state change         |
|  "To"                    |  MUST      |  "To + Pending In"       |
|  "To + Pending In"       |  S.N.      |  no state change         |
|  "From"                  |  S.N. [2]  |  no state change         |
|  "From + Pending Out"    |  S.N. [2]  |  no state change         |
|  "Both"                  |  S.N. [2]  |  no state change         |
[1] If the user previously sent presence of type "subscribed", then the server MAY auto-reply with "subscribed" and change the state to "From" rather than "None + Pending In".
[2] Server SHOULD auto-reply with "subscribed".

Table 7: Processing of inbound "unsubscribe" stanzas
|  "None"                  |  S.N.      |  no state change         |
|  "None + Pending Out"    |  S.N.      |  no state change         |
|  "None + Pending In"     |  MUST [1]  |  "None"                  |
|  "None + Pending Out+In" |  MUST [1]  |  "None + Pending Out"    |
|  "To"                    |  S.N.      |  no state change         |
|  "To + Pending In"       |  MUST [1]  |  "To"                    |
|  "From"                  |  MUST [1]  |  "None"                  |
|  "From + Pending Out"    |  MUST [1]  |  "None + Pending Out"    |
|  "Both"                  |  MUST [1]  |  "To"                    |
[1] Server SHOULD auto-reply with "unsubscribed".

Table 8: Processing of inbound "subscribed" stanzas
|  "None"                  |  S.N.      |  no state change         |
|  "None + Pending Out"    |  MUST      |  "To"                    |
|  "None + Pending In"     |  S.N.      |  no state change         |
|  "None + Pending Out+In" |  MUST      |  "To + Pending In"       |
|  "To"                    |  S.N.      |  no state change         |
|  "To + Pending In"       |  S.N.      |  no state change         |
|  "From"                  |  S.N.      |  no state change         |
|  "From + Pending Out"    |  MUST      |  "Both"                  |
|  "Both"                  |  S.N.      |  no state change         |

Table 9: Processing of inbound "unsubscribed" stanzas
|  "None"                  |  S.N.      |  no state change         |
|  "None + Pending Out"    |  MUST      |  "None"                  |
|  "None + Pending In"     |  S.N.      |  no state change         |
|  "None + Pending Out+In" |  MUST      |  "None + Pending In"     |
|  "To"                    |  MUST      |  "None"                  |
|  "To + Pending In"       |  MUST      |  "None + Pending In"     |
|  "From"                  |  S.N.      |  no state change         |
|  "From + Pending Out"    |  MUST      |  "From"                  |
|  "Both"                  |  MUST      |  "From"                  |
`

/** How the RFC's names are written in the code (appendix A.1). */
const STATES: Readonly<Record<string, SubscriptionState>> = {
  None: 'none',
  'None + Pending Out': 'none+out',
  'None + Pending In': 'none+in',
  'None + Pending Out+In': 'none+out+in',
  To: 'to',
  'To + Pending In': 'to+in',
  From: 'from',
  'From + Pending Out': 'from+out',
  Both: 'both',
}

/** The names of the nine states, in the RFC's order. */
export const STATE_NAMES: readonly string[] = Object.keys(STATES)

export function stateNamed(name: string): SubscriptionState {
  const state = STATES[name]
  if (state === undefined) throw new Error(`RFC 6121 has no state ${name}`)
  return state
}

/** One row: a stanza meets a state. */
export interface Row {
  readonly title: string
  readonly table: number
  readonly type: SubscriptionType
  readonly state: SubscriptionState
  /** The middle column: MUST, S.N. or M.N. */
  readonly passes: boolean
  readonly next: SubscriptionState
  readonly preapproval: boolean
  /** What a footnote says that the server sends by itself. */
  readonly autoReply: 'subscribed' | 'unsubscribed' | undefined
}

const HEAD = /^Table (\d): Processing of (?:out|in)bound "(subscribe|subscribed|unsubscribe|unsubscribed)" stanzas$/
const ROW = /^\| +"([^"]+)" +\| +(MUST|S\.N\.|M\.N\.)(?: \[(\d)\])? +\| +(?:"([^"]+)"|no state change|(pre-approval))/
const NOTE = /^\[(\d)\] (?:Server SHOULD auto-reply with "(subscribed|unsubscribed)"\.)?/

const isType = (text: string | undefined): text is SubscriptionType => text !== undefined
const isReply = (text: string | undefined): text is 'subscribed' | 'unsubscribed' => text !== undefined

interface Table {
  readonly table: number
  readonly type: SubscriptionType
  readonly lines: readonly string[]
  readonly replies: ReadonlyMap<string, 'subscribed' | 'unsubscribed'>
}

function tableOf(text: string): Table {
  const [head = '', ...lines] = text.trim().split('\n')
  const [, number, type] = HEAD.exec(head) ?? []
  if (!isType(type)) throw new Error(`Not the head of a table: ${head}`)
  const replies = new Map<string, 'subscribed' | 'unsubscribed'>()
  for (const line of lines) {
    const [, note = '', reply] = NOTE.exec(line) ?? []
    if (isReply(reply)) replies.set(note, reply)
  }
  return { table: Number(number), type, lines: lines.filter((line) => line.startsWith('|')), replies }
}

function rowOf({ table, type, replies }: Table, line: string, passing: string): Row {
  const [, name, does, note = '', nextName, preapproval] = ROW.exec(line) ?? []
  if (name === undefined) throw new Error(`Not a row: ${line}`)
  const next = nextName ?? name
  const becomes = preapproval === undefined ? `→ ${next}` : '→ pre-approval'
  const passes = does === 'MUST'
  return {
    title: `Table ${table}, ${name}: ${type} is ${passes ? passing : `not ${passing}`}, ${becomes}`,
    table,
    type,
    state: stateNamed(name),
    passes,
    next: stateNamed(next),
    preapproval: preapproval !== undefined,
    autoReply: replies.get(note),
  }
}

const rowsOf = (tables: string, passing: string): readonly Row[] =>
  tables
    .trim()
    .split('\n\n')
    .map(tableOf)
    .flatMap((table) => table.lines.map((line) => rowOf(table, line, passing)))

/** Tables 2 to 5: 36 rows. */
export const OUTBOUND_ROWS = rowsOf(OUTBOUND, 'routed')
/** Tables 6 to 9: 36 rows. */
export const INBOUND_ROWS = rowsOf(INBOUND, 'delivered')
