import { chooseAccount } from '../choose-account.js'
import { openStorage } from '../component-session.js'
import { timeoutOf } from '../connection.js'
import type { Context } from '../context.js'
import { variable } from '../environment.js'
import { usage } from '../errors.js'
import { type OpenedStorage, openDatabase } from './database.js'
import type { Place } from './place.js'

export const storage: Place<Record<never, never>> = {
  name: 'storage',
  summary: 'The rosters that a component keeps itself, straight in its storage',
  details:
    'The storage is what --storage or XMPP_STORAGE names: a SQLite file, also as sqlite:FILE; redis://…, rediss://… (needs the package\n' +
    'redis) or postgres://… (needs kysely and pg), else that of the component (--component or --account). It must be there already.\n' +
    'A password in an address belongs into XMPP_STORAGE, not among the arguments. Nobody is told of changes but the component.',
  example: '--storage rosters.sqlite',
  options: {},
  hasSessions: false,
  async withOpened(context, _options, work) {
    const { storageAdmin } = await import('../../admin.js')
    const { storage, close } = await opened(context)
    try {
      const call = { signal: context.signal, timeout: timeoutOf(context) }
      return await work({ admin: storageAdmin(storage), sessions: undefined, call })
    } finally {
      await close()
    }
  },
}

async function opened(context: Context): Promise<OpenedStorage> {
  const { globals, world } = context
  const place = globals.storage ?? variable(world, 'XMPP_STORAGE')
  if (globals.storage !== undefined && hasPassword(globals.storage))
    throw usage('--storage has a password in it, which everybody on this machine can read: XMPP_STORAGE is for that.')
  if (place !== undefined) return openDatabase(place)
  const account = await chooseAccount(context)
  if (account.kind === 'client')
    throw usage(`Which storage? --storage or XMPP_STORAGE names it; ${account.jid} is an account, and has none.`)
  const { storage } = await openStorage(account, context, { reads: true })
  return { storage, close: async () => storage.close?.() }
}

/** Also where it is no address that could be understood, and where drivers take it from what stands behind "?". */
const hasPassword = (text: string): boolean =>
  /:\/\/[^/?#]*:[^/?#]*@|[?&][^=&]*(pass|pwd|secret|token)[^=&]*=/i.test(text)
