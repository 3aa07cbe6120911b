#!/usr/bin/env node
import { homedir } from 'node:os'
import { main } from './cli/main.js'
import { wakefulClock } from './core/clock.js'

const stopped = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Once: whoever asks again does not want to wait for the goodbye.
  process.once(signal, () => stopped.abort())
}
// What Node.js finds experimental or old in a library is nothing that a user of the command can mend.
const NOT_FOR_USERS: readonly string[] = ['ExperimentalWarning', 'DeprecationWarning']
process.removeAllListeners('warning')
process.on('warning', ({ name, message }) => {
  if (!NOT_FOR_USERS.includes(name)) process.stderr.write(`xmpp-roster: warning: ${message}\n`)
})
// xmpp.js rejects promises that nobody holds beside those that somebody does: what went wrong is said where it is awaited.
process.on('unhandledRejection', () => undefined)
// Until the command says otherwise: a process that ends because nothing is left to wait for has not done its work.
process.exitCode = 1

const code = await main(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  manifest: new URL('../package.json', import.meta.url),
  home: homedir(),
  uid: process.getuid?.(),
  clock: wakefulClock,
  signal: stopped.signal,
})
// Nothing that may still be open, as a terminal that was asked on, keeps the shell waiting.
process.exit(code)
