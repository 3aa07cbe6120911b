import { type Command, command } from '../command.js'
import { BASH, splitLine, writtenFor } from '../completion/bash.js'
import { isTypeable, knownTo } from '../completion/known.js'
import { type Candidate, type Offer, offerFor } from '../completion/offer.js'
import { describedFor, ZSH } from '../completion/zsh.js'
import type { Context } from '../context.js'
import { plain } from '../text.js'

const bash = command({
  name: 'bash',
  summary: 'Print the completion for bash',
  details:
    'For one shell: source <(xmpp-roster completion bash)\n' +
    'For all of them: the example; bash finds the file there where the package bash-completion is installed.',
  options: {},
  examples: ['completion bash > ~/.local/share/bash-completion/completions/xmpp-roster'],
  async run({ out }) {
    out.write(BASH)
    return undefined
  },
})

const zsh = command({
  name: 'zsh',
  summary: 'Print the completion for zsh',
  details:
    'For one shell: source <(xmpp-roster completion zsh), after compinit.\n' +
    'For all of them: the example, in a folder of $fpath that is there before compinit is called.',
  options: {},
  examples: ['completion zsh > ~/.zfunc/_xmpp-roster'],
  async run({ out }) {
    out.write(ZSH)
    return undefined
  },
})

/** What the two shells ask; from the same table as the help. */
const words = (root: () => Command): Command =>
  command({
    name: 'words',
    summary: 'Print what could stand at the cursor: what the completions ask',
    details:
      'The first line is "files", and the shell knows which there are, or "words" and these below it. Contacts and groups are those\n' +
      'of the last call, from the cache, or those in the storage of a component: no server is asked.',
    arguments: [
      {
        name: 'WORD',
        description: 'For zsh the words up to the cursor, without the program; for bash the line in one word',
        many: true,
        optional: true,
      },
    ],
    options: {
      shell: {
        type: 'choice',
        values: ['bash', 'zsh'],
        description: 'Who asks, and how the answer is quoted (default zsh)',
      },
      breaks: { type: 'text', value: 'TEXT', description: 'What breaks words in bash: $COMP_WORDBREAKS' },
    },
    examples: ["completion words -- set ''", "completion words --shell bash -- 'xmpp-roster get --s'"],
    async run(context, { options, words: said }) {
      const lines =
        options.shell === 'bash'
          ? await linesForBash(said[0] ?? '', options.breaks ?? '', root(), context)
          : await linesForZsh(said, root(), context)
      for (const line of lines) context.out.line(line)
      return undefined
    },
  })

const kindOf = ({ kind }: Offer): 'files' | 'words' => (kind === 'file' ? 'files' : 'words')

/** The candidates that begin as the word at the cursor does. */
async function fitting(offer: Offer, current: string, context: Context): Promise<readonly Candidate[]> {
  const known = await knownTo(offer, context)
  const whole = known.map(({ text, description }) => ({ text: offer.before + text, description: plain(description) }))
  return whole.filter(({ text }) => isTypeable(text) && text.startsWith(current) && !offer.said.has(text))
}

async function linesForBash(line: string, breaks: string, root: Command, context: Context): Promise<readonly string[]> {
  // The first word is the program.
  const [, ...split] = splitLine(line, breaks)
  const current = split.pop()
  if (current === undefined) return ['words']
  const texts = split.map(({ text }) => text)
  const offer = offerFor(texts, current.text, root)
  const candidates = await fitting(offer, current.text, context)
  return [kindOf(offer), ...candidates.flatMap(({ text }) => writtenFor(current, text) ?? [])]
}

/** zsh takes off what stands before a value by itself. */
async function linesForZsh(said: readonly string[], root: Command, context: Context): Promise<readonly string[]> {
  const current = said[said.length - 1] ?? ''
  const offer = offerFor(said.slice(0, -1), current, root)
  const candidates = await fitting(offer, current, context)
  const described = candidates.map(({ text, description }) => {
    return describedFor({ text: text.slice(offer.before.length), description })
  })
  return [kindOf(offer), ...described]
}

/** @param root the table of all commands, which this one is a part of */
export const completion = (root: () => Command): Command =>
  command({
    name: 'completion',
    summary: 'Print what teaches bash and zsh to complete the words of this command',
    options: {},
    examples: [
      'completion bash > ~/.local/share/bash-completion/completions/xmpp-roster',
      'completion zsh > ~/.zfunc/_xmpp-roster',
    ],
    commands: [bash, zsh, words(root)],
  })
