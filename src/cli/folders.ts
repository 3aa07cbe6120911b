import { isAbsolute, join } from 'node:path'
import { PROGRAM } from './program.js'
import type { World } from './world.js'

type Place = Pick<World, 'env' | 'home'>

/** XDG Base Directory Specification: a folder that is not absolute counts as not set. */
function folder({ env, home }: Place, variable: string, otherwise: readonly string[]): string {
  const named = env[variable] ?? ''
  return join(isAbsolute(named) ? named : join(home, ...otherwise), PROGRAM)
}

/** Where the accounts are: `~/.config/xmpp-roster/accounts.json` unless XDG_CONFIG_HOME says otherwise. */
export const accountsFile = (place: Place): string =>
  join(folder(place, 'XDG_CONFIG_HOME', ['.config']), 'accounts.json')

/** What the command keeps by itself: `~/.local/share/xmpp-roster` unless XDG_DATA_HOME says otherwise. */
export const dataFolder = (place: Place): string => folder(place, 'XDG_DATA_HOME', ['.local', 'share'])

/** Where the rosters of accounts are kept between two calls. */
export const cacheFile = (place: Place): string => join(dataFolder(place), 'cache.sqlite')
