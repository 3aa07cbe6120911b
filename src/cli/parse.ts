import { type ParseArgsConfig, parseArgs } from 'node:util'
import { inWords } from '../core/errors.js'
import type { Command, Input, Option, OptionTable, Values } from './command.js'
import { usage } from './errors.js'
import { GLOBAL_OPTIONS, type Globals } from './globals.js'
import { plain } from './text.js'

/** What a command line asks for. `path`: the commands from the program down to the one that is meant. */
export type Invocation =
  | {
      readonly kind: 'run'
      readonly path: readonly Command[]
      readonly input: Input<OptionTable>
      readonly globals: Globals
    }
  | { readonly kind: 'help'; readonly path: readonly Command[] }
  | { readonly kind: 'version' }

type Config = NonNullable<ParseArgsConfig['options']>

/**
 * Takes a command line apart.
 *
 * @throws {CommandError} `USAGE`
 */
export function parseCommandLine(words: readonly string[], root: Command): Invocation {
  const { path, rest } = findCommand(words, root)
  const command = path[path.length - 1] ?? root
  if (rest.some((word) => word === '--help' || word === '-h') && asksFor('help', rest, command))
    return { kind: 'help', path }
  if (path.length === 1 && firstWord(rest, tableOf(root)) === undefined && asksFor('version', rest, root))
    return { kind: 'version' }
  if (command.run === undefined) throw needsCommand(path, rest)
  const table = tableOf(command)
  const { values, positionals } = strictly(rest, table, path)
  checkCount(positionals, command, path)
  const options = valuesOf(values, command.options ?? {}, path)
  return { kind: 'run', path, input: { options, words: positionals }, globals: valuesOf(values, GLOBAL_OPTIONS, path) }
}

/** `xmpp-roster groups rename`, for people. */
export const nameOf = (path: readonly Command[]): string => path.map(({ name }) => name).join(' ')

export const tableOf = (command: Command): OptionTable => ({ ...GLOBAL_OPTIONS, ...command.options })

/** The commands are the first words that are no options and no values of options; the rest is what else there is. */
export function findCommand(
  words: readonly string[],
  root: Command,
): { readonly path: readonly Command[]; readonly rest: readonly string[] } {
  const path = [root]
  const rest = [...words]
  for (let command = root; command.commands !== undefined; ) {
    const at = firstWord(rest, tableOf(command))
    const found = command.commands.find(({ name }) => at !== undefined && name === rest[at])
    if (at === undefined || found === undefined) break
    rest.splice(at, 1)
    path.push(found)
    command = found
  }
  return { path, rest }
}

function firstWord(words: readonly string[], table: OptionTable): number | undefined {
  const { tokens } = parseArgs({ args: [...words], options: configOf(table), strict: false, tokens: true })
  const first = tokens.find(({ kind }) => kind !== 'option')
  return first?.kind === 'positional' ? first.index : undefined
}

/** `-n --help` is a name. */
function asksFor(flag: 'help' | 'version', words: readonly string[], command: Command): boolean {
  const { values } = parseArgs({ args: [...words], options: configOf(tableOf(command)), strict: false })
  return values[flag] === true
}

function needsCommand(path: readonly Command[], rest: readonly string[]): Error {
  const command = path[path.length - 1]
  const table = command === undefined ? {} : tableOf(command)
  const at = firstWord(rest, table)
  // An option that nobody knows is what is wrong then.
  if (at === undefined) strictly(rest, table, path)
  const what = at === undefined ? 'Which command?' : `There is no command "${plain(rest[at] ?? '')}".`
  return usage(`${what} See "${nameOf(path)} --help".`)
}

function configOf(table: OptionTable): Config {
  const entries = Object.entries(table).map(([name, option]) => {
    const type = option.type === 'flag' || option.type === 'count' ? 'boolean' : 'string'
    const multiple = option.type === 'count' || option.type === 'texts'
    return [name, { type, multiple, ...(option.short === undefined ? {} : { short: option.short }) }] as const
  })
  return Object.fromEntries<Config[string]>(entries)
}

type Raw = Readonly<Record<string, unknown>>

function strictly(
  words: readonly string[],
  table: OptionTable,
  path: readonly Command[],
): { readonly values: Raw; readonly positionals: readonly string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options: configOf(table),
      strict: true,
      allowPositionals: true,
    })
    return { values, positionals }
  } catch (cause) {
    // Node.js explains at length; the first sentence says what is wrong.
    const [what = ''] = inWords(cause).split(/\.\s|\n/)
    throw usage(`${plain(what.replace(/\.$/, ''))}. See "${nameOf(path)} --help".`)
  }
}

function checkCount(words: readonly string[], command: Command, path: readonly Command[]): void {
  const known = command.arguments ?? []
  const missing = known.filter(({ optional }) => optional !== true)[words.length]
  if (missing !== undefined) throw usage(`${missing.name} is missing. See "${nameOf(path)} --help".`)
  const endless = known.some(({ many }) => many === true)
  const extra = words[known.length]
  if (!endless && extra !== undefined)
    throw usage(`"${plain(extra)}" is one word too many. See "${nameOf(path)} --help".`)
}

function valuesOf<O extends OptionTable>(raw: Raw, table: O, path: readonly Command[]): Values<O> {
  const entries = Object.entries(table).map(([name, option]) => [name, readValue(raw[name], name, option, path)])
  return Object.fromEntries(entries) as Values<O>
}

function readValue(raw: unknown, name: string, option: Option, path: readonly Command[]): unknown {
  switch (option.type) {
    case 'flag':
      return raw === true
    case 'count':
      return Array.isArray(raw) ? raw.length : 0
    case 'texts':
      return raw ?? []
    case 'text':
      return raw
    case 'choice': {
      if (raw === undefined || option.values.some((value) => value === raw)) return raw
      throw usage(`--${name} is one of ${option.values.join(', ')}. See "${nameOf(path)} --help".`)
    }
    case 'number': {
      if (raw === undefined) return undefined
      const number = /^\d+(\.\d+)?$/.test(String(raw)) ? Number(raw) : Number.NaN
      if (number >= option.min && number <= option.max) return number
      throw usage(`--${name} is a number from ${option.min} to ${option.max}. See "${nameOf(path)} --help".`)
    }
  }
}
