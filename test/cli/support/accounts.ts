import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the configuration is. */
export const fileIn = (home: string): string => join(home, '.config/xmpp-roster/accounts.json')

/** Writes a configuration as somebody with an editor would. */
export const configure = (home: string, content: unknown, mode = 0o600): string => {
  const path = fileIn(home)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  chmodSync(path, mode)
  return path
}

export const JULIET = { jid: 'juliet@localhost', password: 'secret' }
