import { type Command, command } from '../command.js'
import { usage } from '../errors.js'
import { helpOf } from '../help.js'
import { findCommand, nameOf } from '../parse.js'
import { plain } from '../text.js'

/** @param root the table of all commands, which this one is a part of */
export const help = (root: () => Command): Command =>
  command({
    name: 'help',
    summary: 'Explain a command, as its --help does',
    arguments: [{ name: 'COMMAND', description: 'The command; none: all of them', optional: true, many: true }],
    options: {},
    examples: ['help groups rename'],
    async run({ out }, { words }) {
      const { path, rest } = findCommand(words, root())
      const [unknown] = rest
      if (unknown !== undefined) throw usage(`There is no command "${plain(unknown)}". See "${nameOf(path)} --help".`)
      out.line(helpOf(path))
      return undefined
    },
  })
