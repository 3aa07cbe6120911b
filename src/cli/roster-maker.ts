import type { RosterStorage } from '../storage/port.js'
import type { XmppEntity } from '../xmpp/entity.js'
import type { Roster } from '../xmpp/roster.js'
import { timeoutOf } from './connection.js'
import type { Context } from './context.js'
import { errorLine } from './errors.js'

/** How rosters of the command are made: it decides nothing and announces nothing that it was not asked for. */
export async function rosterMaker(
  context: Context,
  storage: RosterStorage,
  account?: string,
): Promise<(entity: XmppEntity) => Roster> {
  const { Roster } = await import('../xmpp/roster.js')
  const { clock } = context.world
  const quiet = { autoAuthorize: null, autoSubscribe: false, presence: false, timeout: timeoutOf(context) } as const
  return (entity) => {
    const roster = new Roster(entity, { ...quiet, storage, clock, ...(account === undefined ? {} : { account }) })
    roster.on('error', (error) => {
      if (context.globals.debug) context.err.line(`! ${errorLine(error)}`)
    })
    return roster
  }
}
