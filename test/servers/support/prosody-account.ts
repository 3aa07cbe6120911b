import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { luaString } from './lua.js'
import { DOMAIN } from './types.js'

/** How Prosody names files: whatever is no letter or digit becomes a %xx. */
const fileName = (text: string): string =>
  [...Buffer.from(text, 'utf8')]
    .map((byte) => [byte, String.fromCharCode(byte)] as const)
    .map(([byte, character]) => (/[A-Za-z0-9]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`))
    .join('')

/** Prosody keeps an account in a file of its own and reads it at every login, so that a file is all it takes. */
export const writeAccount = async (folder: string, username: string, password: string): Promise<void> => {
  const accounts = join(folder, 'data', DOMAIN, 'accounts')
  await mkdir(accounts, { recursive: true })
  await writeFile(join(accounts, `${fileName(username)}.dat`), `return { ["password"] = ${luaString(password)} };\n`)
}
