import type { Argument, Command, Completes, Option, OptionTable } from '../command.js'
import { tableOf } from '../parse.js'

/** One thing that could stand at the cursor. */
export interface Candidate {
  readonly text: string
  /** One line; `''`: nothing is to be said of it. */
  readonly description: string
}

/** What could stand at the cursor. */
export interface Offer {
  readonly kind: Completes | 'words'
  /** When the kind is `'words'`: those. */
  readonly words: readonly Candidate[]
  /** What of the word is there already and stays: `--account=`. */
  readonly before: string
  /** What the line says: values of options, the last one of each. */
  readonly values: ReadonlyMap<string, string>
  /** What need not be said again. */
  readonly said: ReadonlySet<string>
}

/** What the words before the cursor amount to. */
interface Reading {
  command: Command
  /** Arguments so far. */
  readonly words: string[]
  readonly given: Set<string>
  readonly values: Map<string, string>
  /** The option whose value comes next. */
  pending: string | undefined
  /** After `--` everything is an argument. */
  onlyWords: boolean
}

const takesValue = (option: Option): boolean => option.type !== 'flag' && option.type !== 'count'

/**
 * What could stand at the cursor, from the same table as the help: `words` are the ones before it, without the name of the
 * program, `current` what there is of the one at the cursor.
 */
export function offerFor(words: readonly string[], current: string, root: Command): Offer {
  const reading: Reading = {
    command: root,
    words: [],
    given: new Set(),
    values: new Map(),
    pending: undefined,
    onlyWords: false,
  }
  for (const word of words) read(word, reading)
  const { pending, onlyWords, command } = reading
  if (pending !== undefined) return ofOption(tableOf(command)[pending], '', reading)
  if (onlyWords) return ofArguments(reading)
  const assigned = /^--([^=]+)=/.exec(current)
  if (assigned !== null) return ofOption(tableOf(command)[assigned[1] ?? ''], assigned[0], reading)
  return current.startsWith('-') ? ofOptions(reading) : ofWords(reading, current)
}

function read(word: string, reading: Reading): void {
  const { pending, command } = reading
  if (pending !== undefined) {
    reading.values.set(pending, word)
    reading.pending = undefined
  } else if (reading.onlyWords) reading.words.push(word)
  else if (word === '--') reading.onlyWords = true
  else if (word.startsWith('--')) readLong(word.slice(2), reading)
  else if (word.startsWith('-') && word.length > 1) readShort(word.slice(1), reading)
  else {
    const next = reading.words.length === 0 ? command.commands?.find(({ name }) => name === word) : undefined
    if (next === undefined) reading.words.push(word)
    else reading.command = next
  }
}

function readLong(text: string, reading: Reading): void {
  const at = text.indexOf('=')
  const name = at < 0 ? text : text.slice(0, at)
  const option = optionIn(tableOf(reading.command), name)
  if (option === undefined) return
  reading.given.add(name)
  if (at >= 0) reading.values.set(name, text.slice(at + 1))
  else if (takesValue(option)) reading.pending = name
}

/** `-vg Friends`, `-gFriends`. */
function readShort(letters: string, reading: Reading): void {
  for (const [at, letter] of [...letters].entries()) {
    const found = Object.entries(tableOf(reading.command)).find(([, { short }]) => short === letter)
    if (found === undefined) return
    const [name, option] = found
    reading.given.add(name)
    if (!takesValue(option)) continue
    const value = [...letters].slice(at + 1).join('')
    if (value === '') reading.pending = name
    else reading.values.set(name, value)
    return
  }
}

/** The table is a plain object and has what all objects have. */
const optionIn = (table: OptionTable, name: string): Option | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

// — what is offered —

const offer = (
  reading: Reading,
  kind: Offer['kind'],
  words: readonly Candidate[] = [],
  before = '',
  said: Iterable<string> = [],
): Offer => ({ kind, words, before, values: reading.values, said: new Set(said) })

function ofOption(option: Option | undefined, before: string, reading: Reading): Offer {
  if (option?.type === 'choice')
    return offer(
      reading,
      'words',
      option.values.map((text) => ({ text, description: '' })),
      before,
    )
  const kind = option !== undefined && 'completes' in option ? option.completes : undefined
  return offer(reading, kind ?? 'words', [], before)
}

/** Those that are not given yet, or may be given again. */
function ofOptions(reading: Reading): Offer {
  const words = Object.entries(tableOf(reading.command)).flatMap(([name, option]) => {
    const isOver = reading.given.has(name) && option.type !== 'texts' && option.type !== 'count'
    return isOver ? [] : [{ text: `--${name}`, description: option.description }]
  })
  return offer(reading, 'words', words)
}

/** Commands and arguments; options where there is nothing else to be said. */
function ofWords(reading: Reading, current: string): Offer {
  const { command, words } = reading
  if (command.commands !== undefined && words.length === 0) {
    const commands = command.commands.map(({ name, summary }) => ({ text: name, description: summary }))
    return offer(reading, 'words', commands)
  }
  return current === '' && argumentAt(reading) === undefined ? ofOptions(reading) : ofArguments(reading)
}

function ofArguments(reading: Reading): Offer {
  const argument = argumentAt(reading)
  const said = argument?.many === true ? reading.words : []
  return offer(reading, argument?.completes ?? 'words', [], '', said)
}

function argumentAt({ command, words }: Reading): Argument | undefined {
  const known = command.arguments ?? []
  const last = known[known.length - 1]
  return known[words.length] ?? (last?.many === true ? last : undefined)
}
