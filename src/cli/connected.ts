import type { CallOptions } from '../roster/options.js'
import type { XmppEntity } from '../xmpp/entity.js'
import { chooseAccount } from './choose-account.js'
import { connect, timeoutOf } from './connection.js'
import type { Context } from './context.js'
import { usage } from './errors.js'

/** A connection without a roster. */
export interface Connected<M = undefined> {
  readonly entity: XmppEntity
  /** What was made before it was started. */
  readonly made: M
  readonly call: CallOptions & { readonly signal: AbortSignal }
}

const nothing = (): undefined => undefined

/** Connects as the account that the command line means, works, and ends the connection. */
export const withAccount = <T>(context: Context, work: (connected: Connected) => Promise<T>): Promise<T> =>
  withEntity(context, 'client', nothing, work)

/** The same as the component; `make` gets the connection before it is started. */
export const withComponent = <M, T>(
  context: Context,
  make: (entity: XmppEntity) => M,
  work: (connected: Connected<M>) => Promise<T>,
): Promise<T> => withEntity(context, 'component', make, work)

async function withEntity<M, T>(
  context: Context,
  kind: 'client' | 'component',
  make: (entity: XmppEntity) => M,
  work: (connected: Connected<M>) => Promise<T>,
): Promise<T> {
  const account = await chooseAccount(context)
  if (account.kind !== kind)
    throw usage(
      kind === 'client' ? 'This is for accounts, not for components.' : 'This needs a component: --component DOMAIN.',
    )
  const { entity, made, signal, stop } = await connect(account, context, make)
  try {
    return await work({ entity, made, call: { signal, timeout: timeoutOf(context) } })
  } finally {
    await stop()
  }
}
