import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerKind } from './types.js'

const VARIABLE = 'XMPP_ROSTER_SERVERS'

/** What to do about servers that are not there. */
export const HOW_TO_GET_NEWER = `run .ci/newer-servers, and set ${VARIABLE} to the folder that it prints`

/** The folder of the newer servers, if it was made. */
const newerServers = (): string | undefined => {
  const folder = process.env[VARIABLE]
  return folder !== undefined && folder !== '' && existsSync(join(folder, 'versions')) ? folder : undefined
}

/** The version of the package, as Debian writes it; `undefined`: there is none. */
export const newerVersion = (kind: ServerKind): string | undefined => {
  const folder = newerServers()
  if (folder === undefined) return undefined
  const lines = readFileSync(join(folder, 'versions'), 'utf8').split('\n')
  return lines.find((line) => line.startsWith(`${kind} `))?.split(' ')[1]
}

/** The folder of the newer servers, for a suite that does not run without them. */
export const needNewer = (): string => {
  const folder = newerServers()
  if (folder === undefined) throw new Error(`The newer servers are missing: ${HOW_TO_GET_NEWER}`)
  return folder
}
