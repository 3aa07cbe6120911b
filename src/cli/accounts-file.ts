import { mkdir, open, realpath, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { inWords } from '../core/errors.js'
import { waitFor } from '../roster/waiting.js'
import { type AccountEntry, type Accounts, accountOf, configInvalid } from './account.js'
import { CommandError } from './errors.js'
import { replaceFile } from './files.js'
import { accountsFile } from './folders.js'
import { isAbort } from './under-way.js'
import type { World } from './world.js'

const FIELDS: Readonly<Record<keyof AccountEntry, (value: unknown) => boolean>> = {
  jid: isText,
  component: isText,
  service: isText,
  owner: isText,
  storage: isText,
  password: isText,
  passwordCommand: (value) =>
    Array.isArray(value) && isText(value[0]) && value.every((word) => typeof word === 'string'),
  insecure: (value) => typeof value === 'boolean',
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The configuration; `undefined` when there is none.
 *
 * @throws {CommandError} `CONFIG_INVALID` when it is not what it should be, or when others may read it
 */
export async function readAccounts(world: World): Promise<Accounts | undefined> {
  const path = accountsFile(world)
  const text = await readPrivate(path, world)
  if (text === undefined) return undefined
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch (cause) {
    // The words of the parser would quote what may be a password.
    throw configInvalid(`${path} is no JSON.`, cause)
  }
  return checked(read, path)
}

async function readPrivate(path: string, { uid }: World): Promise<string | undefined> {
  let file: Awaited<ReturnType<typeof open>>
  try {
    file = await open(path, 'r')
  } catch (cause) {
    if (isObject(cause) && cause['code'] === 'ENOENT') return undefined
    throw configInvalid(`${path} cannot be read: ${inWords(cause)}`, cause)
  }
  try {
    const { mode, uid: owner } = await file.stat()
    if (uid !== undefined && (mode & 0o077) !== 0)
      throw configInvalid(`${path} holds passwords, but others may read or write it. "chmod 600 ${path}" mends that.`)
    if (uid !== undefined && owner !== uid && owner !== 0)
      throw configInvalid(`${path} holds passwords, but it belongs to somebody else.`)
    // It takes a byte order mark away, which some editors write and JSON does not allow.
    return new TextDecoder().decode(await file.readFile())
  } finally {
    await file.close()
  }
}

function checked(read: unknown, path: string): Accounts {
  if (!isObject(read) || !isObject(read['accounts'])) throw configInvalid(`${path}: expected {"accounts": {…}}.`)
  const extra = Object.keys(read).find((key) => key !== 'accounts' && key !== 'default')
  if (extra !== undefined) throw configInvalid(`${path}: "${extra}" is not known; there are "default" and "accounts".`)
  for (const [name, entry] of Object.entries(read['accounts'])) checkEntry(name, entry, path)
  const chosen = read['default']
  if (chosen !== undefined && !(isText(chosen) && Object.hasOwn(read['accounts'], chosen)))
    throw configInvalid(`${path}: "default" should name one of the accounts.`)
  return read as unknown as Accounts
}

function checkEntry(name: string, entry: unknown, path: string): void {
  if (!isObject(entry)) throw configInvalid(`${path}: the account "${name}" should be an object.`)
  for (const [field, value] of Object.entries(entry)) {
    const check = Object.hasOwn(FIELDS, field) ? FIELDS[field as keyof AccountEntry] : undefined
    if (check === undefined) throw configInvalid(`${path}: "${field}" of the account "${name}" is not known.`)
    if (!check(value)) throw configInvalid(`${path}: "${field}" of the account "${name}" is not what it should be.`)
  }
  accountOf(entry, `${path}: the account "${name}"`)
}

/** Others need the lock for a moment: so often it is looked again, and so many milliseconds later each time. */
const TRIES = 100
const PAUSE = 50

/**
 * Changes the configuration, which is its owner's alone: whole, or not at all, and not while others do so. `change` gets what
 * is there at that moment. Resolves with the path.
 *
 * @throws {CommandError} `CONFIG_INVALID` when it cannot be read or written; the old one is still there then. What `change` throws
 */
export async function changeAccounts(world: World, change: (known: Accounts) => Accounts): Promise<string> {
  const path = accountsFile(world)
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    // Where it is a link, the file stays where it is.
    const target = await realpath(path).catch(() => path)
    const unlock = await locked(`${target}.lock`, world)
    try {
      const accounts = change((await readAccounts(world)) ?? { accounts: {} })
      await replaceFile(target, `${JSON.stringify(accounts, undefined, 2)}\n`, 0o600)
    } finally {
      await unlock()
    }
    return path
  } catch (cause) {
    const isTold = cause instanceof CommandError || isAbort(cause, world.signal)
    throw isTold ? cause : configInvalid(`${path} could not be written: ${inWords(cause)}`, cause)
  }
}

/** Makes the file that says that others have to wait; resolves with how to take it away. */
async function locked(lock: string, { clock, signal }: World): Promise<() => Promise<void>> {
  for (let tries = 1; ; tries += 1) {
    try {
      await (await open(lock, 'wx', 0o600)).close()
      return () => rm(lock, { force: true })
    } catch (cause) {
      if (!(isObject(cause) && cause['code'] === 'EEXIST')) throw cause
      if (tries === TRIES)
        throw configInvalid(
          `${lock} is there: another "login" writes the configuration, or was killed while it did; nothing was written. ` +
            'When none runs, remove that file.',
          cause,
        )
    }
    const pause = new Promise<void>((resolve) => void clock.after(PAUSE, resolve))
    await waitFor(pause, { signal }, clock, 'The lock')
  }
}
