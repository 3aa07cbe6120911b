import { spawn } from 'node:child_process'
import { inWords } from '../core/errors.js'
import { type Account, configInvalid, titleOf } from './account.js'
import type { Context } from './context.js'
import { CommandError } from './errors.js'
import { askSecret, canAsk } from './prompt.js'
import { isAbort } from './under-way.js'

/**
 * The password of an account: as it stands, from its command, or typed.
 *
 * @throws {CommandError} `CONFIG_INVALID` when there is none and nobody to ask; `PASSWORD_FAILED`; `CANCELLED`
 */
export async function passwordOf(account: Account, context: Context): Promise<string> {
  const { secret } = account
  if (secret.kind === 'text') return secret.text
  if (secret.kind === 'command') return printed(secret.words, context)
  if (!canAsk(context))
    throw configInvalid(
      `There is no password for ${titleOf(account)}, and no terminal to ask on: set XMPP_PASSWORD, or a password command.`,
    )
  return askSecret(`Password of ${titleOf(account)}: `, context)
}

const failed = (message: string, cause?: unknown): CommandError => new CommandError('PASSWORD_FAILED', message, cause)

/** The first line that a program prints. It may use the terminal: to ask for the key of a safe, say. */
async function printed([program = '', ...words]: readonly string[], { world, signal }: Context): Promise<string> {
  const { XMPP_PASSWORD: _, ...env } = world.env
  const child = spawn(program, words, { env, shell: false, stdio: ['inherit', 'pipe', 'inherit'], signal })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause) => {
      reject(isAbort(cause, signal) ? cause : failed(`"${program}" could not be started: ${inWords(cause)}`, cause))
    })
    child.once('close', resolve)
  })
  // On a terminal Ctrl-C ends the program as well.
  signal.throwIfAborted()
  if (code !== 0) throw failed(`"${program}" should print the password, but it ended with ${code ?? 'a signal'}.`)
  const [line = ''] = text.split(/\r?\n/)
  if (line === '') throw failed(`"${program}" should print the password, but it printed nothing.`)
  return line
}
