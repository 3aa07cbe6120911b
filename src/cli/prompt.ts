import type { Context } from './context.js'
import { cancelled } from './errors.js'

/** Whether there is somebody who can answer: both what is read and what is asked on are terminals. */
export const canAsk = ({ world, err }: Context): boolean => world.stdin.isTTY === true && err.isTerminal

/**
 * Asks before something is deleted. Done when the answer is yes.
 *
 * @throws {CommandError} `CANCELLED` for any other answer, and where nobody can be asked
 */
export async function confirm(question: string, context: Context): Promise<void> {
  if (!canAsk(context))
    throw cancelled('There is no terminal to ask on; nothing was done. -f goes ahead without asking.')
  const answer = await ask(`${question} (y/N) `, context)
  if (!/^\s*y(es)?\s*$/i.test(answer)) throw cancelled('Cancelled; nothing was done.')
}

/** A line from the terminal. The end of input, and Ctrl-C, cancel. */
async function ask(question: string, { world, err, signal }: Context): Promise<string> {
  const { createInterface } = await import('node:readline')
  const lines = createInterface({ input: world.stdin, output: world.stderr as NodeJS.WritableStream, terminal: true })
  try {
    return await new Promise<string>((resolve, reject) => {
      const stop = (): void => reject(cancelled('Cancelled; nothing was done.'))
      lines.once('SIGINT', stop)
      lines.once('close', stop)
      signal.addEventListener('abort', stop, { once: true })
      lines.question(question, resolve)
    })
  } catch (cause) {
    // The cursor still stands behind the question.
    err.line()
    throw cause
  } finally {
    lines.close()
  }
}

/** What a key sends that stands for no character: an arrow, say. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const SEQUENCE = /\u001b(?:\[[\d;]*[@-~]|O[@-~])/g

/**
 * A secret from the terminal, which does not show it. Backspace takes the last character back, Ctrl-U all of them; other keys
 * that are no characters do nothing.
 *
 * @throws {CommandError} `CANCELLED`
 */
export async function askSecret(question: string, { world, err, signal }: Context): Promise<string> {
  const { stdin } = world
  stdin.setEncoding('utf8')
  // Before the question is there: whoever answers at once must not be shown either.
  stdin.setRawMode?.(true)
  err.write(question)
  stdin.resume()
  try {
    return await new Promise<string>((resolve, reject) => {
      const typed: string[] = []
      const stop = (): void => reject(cancelled())
      signal.addEventListener('abort', stop, { once: true })
      stdin.once('end', stop)
      stdin.on('data', (part: Buffer | string) => {
        for (const key of String(part).replace(SEQUENCE, '')) {
          if (key === '\r' || key === '\n') return resolve(typed.join(''))
          if (key === '\u0003' || key === '\u0004') return stop()
          if (key === '\u007f' || key === '\b') typed.pop()
          else if (key === '\u0015') typed.length = 0
          else if (!/\p{Cc}/u.test(key)) typed.push(key)
        }
      })
    })
  } finally {
    stdin.removeAllListeners('data')
    stdin.setRawMode?.(false)
    stdin.pause()
    err.line()
  }
}
