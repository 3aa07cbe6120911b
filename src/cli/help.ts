import type { Argument, Command, Option, OptionTable } from './command.js'
import { EXIT_CODES } from './errors.js'
import { GLOBAL_OPTIONS } from './globals.js'
import { nameOf } from './parse.js'
import { PROGRAM } from './program.js'
import { padTo, widthOf } from './text.js'

/** What `--help` prints. */
export function helpOf(path: readonly Command[]): string {
  const command = path[path.length - 1]
  if (command === undefined) return ''
  const isRoot = path.length === 1
  return [
    `Usage: ${usageOf(path)}`,
    '',
    `${command.summary}.`,
    ...(command.details === undefined ? [] : ['', command.details]),
    ...section(
      'Commands',
      (command.commands ?? []).map((one) => [one.name, one.summary]),
    ),
    ...section(
      'Arguments',
      (command.arguments ?? []).map((one) => [one.name, one.description]),
    ),
    ...section('Options', rowsOf(command.options ?? {})),
    ...(isRoot ? section('Options of every command', rowsOf(GLOBAL_OPTIONS)) : []),
    ...(isRoot
      ? section(
          'Exit codes',
          EXIT_CODES.map(([code, meaning]) => [String(code), meaning]),
        )
      : []),
    '',
    command.examples.length === 1 ? 'Example:' : 'Examples:',
    ...command.examples.map((example) => `  ${PROGRAM} ${example}`),
    '',
    isRoot
      ? `"${PROGRAM} COMMAND --help" explains a command.`
      : `"${PROGRAM} --help" has the options of every command.`,
  ].join('\n')
}

/** `xmpp-roster set [options] JID`. */
function usageOf(path: readonly Command[]): string {
  const command = path[path.length - 1]
  const words = (command?.arguments ?? []).map(wordOf)
  const hasMore = command?.commands !== undefined
  const next = command?.run === undefined ? 'COMMAND' : '[COMMAND]'
  return [nameOf(path), ...(hasMore ? [next] : []), '[options]', ...words].join(' ')
}

function wordOf({ name, optional, many }: Argument): string {
  const word = many === true ? `${name}…` : name
  return optional === true ? `[${word}]` : word
}

const rowsOf = (table: OptionTable): readonly (readonly [string, string])[] =>
  Object.entries(table).map(([name, option]) => [shownOption(name, option), describedOption(option)])

/** `-n, --name NAME`. */
function shownOption(name: string, option: Option): string {
  const letter = option.short === undefined ? '    ' : `-${option.short}, `
  return 'value' in option ? `${letter}--${name} ${option.value}` : `${letter}--${name}`
}

function describedOption(option: Option): string {
  if (option.type === 'choice') return `${option.description}: ${option.values.join(', ')}`
  return option.type === 'texts' ? `${option.description} (may be repeated)` : option.description
}

function section(title: string, rows: readonly (readonly [string, string])[]): readonly string[] {
  if (rows.length === 0) return []
  const width = Math.max(...rows.map(([name]) => widthOf(name)))
  return ['', `${title}:`, ...rows.map(([name, text]) => `  ${padTo(name, width)}  ${text}`)]
}
