import { randomBytes } from 'node:crypto'
import { open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { inWords } from '../core/errors.js'
import { waitFor } from '../roster/waiting.js'
import type { Context } from './context.js'
import { CommandError, fileInvalid } from './errors.js'
import { isAbort } from './under-way.js'

/** A file that was read. */
export interface Text {
  /** What messages call it. */
  readonly where: string
  readonly text: string
}

/**
 * The text of a file; `-` is the standard input.
 *
 * @throws {CommandError} `FILE_INVALID` when it cannot be read, or is not UTF-8
 */
export async function readText(path: string, context: Context): Promise<Text> {
  const where = path === '-' ? 'the standard input' : path
  const bytes = await bytesOf(path, where, context)
  try {
    return { where, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch (cause) {
    throw fileInvalid(`${where} is no text in UTF-8.`, cause)
  }
}

async function bytesOf(path: string, where: string, { world, signal }: Context): Promise<Uint8Array> {
  const reading = path === '-' ? allOf(world.stdin) : readFile(path, { signal })
  try {
    return await waitFor(reading, { signal }, world.clock, 'Reading')
  } catch (cause) {
    throw isAbort(cause, signal) ? cause : fileInvalid(`${where} cannot be read: ${inWords(cause)}`, cause)
  }
}

async function allOf(stream: NodeJS.ReadableStream): Promise<Uint8Array> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(Buffer.from(part))
  return Buffer.concat(parts)
}

/**
 * Writes a file whole, or not at all: what was there before stays until then. What is no ordinary file is written as it comes.
 *
 * @throws {CommandError} `FAILED` when it cannot be written
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const known = await stat(path).catch(() => undefined)
  try {
    if (known !== undefined && !known.isFile()) return await writeFile(path, text)
    const target = known === undefined ? path : await realpath(path)
    await replaceFile(target, text, known?.mode ?? 0o600)
  } catch (cause) {
    throw new CommandError('FAILED', `${path} could not be written: ${inWords(cause)}`, cause)
  }
}

/**
 * Writes a file anew, whole or not at all, with this mode. Contacts are nobody else's business, and passwords less so: it is
 * never open to more for a moment.
 */
export async function replaceFile(target: string, text: string, mode: number): Promise<void> {
  const draft = `${target}.${randomBytes(6).toString('hex')}`
  try {
    const file = await open(draft, 'wx', mode & 0o777)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, target)
  } finally {
    await rm(draft, { force: true })
  }
}
