import { readFile } from 'node:fs/promises'
import { inWords } from '../core/errors.js'
import type { Context } from './context.js'
import { CommandError, cancelled, EXIT, errorLine, exitCodeOf } from './errors.js'
import { helpOf } from './help.js'
import { Output } from './output.js'
import { type Invocation, parseCommandLine } from './parse.js'
import { PROGRAM } from './program.js'
import { ROOT } from './root.js'
import { isAbort } from './under-way.js'
import type { World } from './world.js'

/** Runs one command line; resolves with what the shell is told. Never rejects. */
export async function main(words: readonly string[], world: World): Promise<number> {
  const out = new Output(world.stdout, world.env)
  const err = new Output(world.stderr, world.env)
  let code: number
  try {
    const invocation = parseCommandLine(words, ROOT)
    code = await perform(invocation, { world, out, err, signal: world.signal })
  } catch (cause) {
    // Other errors may say what was half done, also when the user wanted no more by then.
    const error = isAbort(cause, world.signal) ? cancelled() : cause
    err.line(`${PROGRAM}: ${errorLine(error)}`)
    code = exitCodeOf(error)
  }
  await out.flush()
  if (out.failure !== undefined) {
    const error = new CommandError('FAILED', `The output could not be written: ${inWords(out.failure)}`, out.failure)
    err.line(`${PROGRAM}: ${errorLine(error)}`)
    if (code === EXIT.ok) code = exitCodeOf(error)
  }
  await err.flush()
  return code
}

async function perform(invocation: Invocation, context: Omit<Context, 'globals'>): Promise<number> {
  switch (invocation.kind) {
    case 'help':
      context.out.line(helpOf(invocation.path))
      return EXIT.ok
    case 'version':
      context.out.line(await versionOf(context.world))
      return EXIT.ok
    case 'run': {
      const { path, input, globals } = invocation
      return (await path[path.length - 1]?.run?.({ ...context, globals }, input)) ?? EXIT.ok
    }
  }
}

async function versionOf({ manifest }: World): Promise<string> {
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { readonly version: string }
  return version
}
