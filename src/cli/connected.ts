import type { CallOptions } from '../roster/options.js'
import type { XmppEntity } from '../xmpp/entity.js'
import { chooseAccount } from './choose-account.js'
import { connect, timeoutOf } from './connection.js'
import type { Context } from './context.js'
import { usage } from './errors.js'

/** A connection without a roster. */
export interface Connected {
  readonly entity: XmppEntity
  readonly call: CallOptions & { readonly signal: AbortSignal }
}

/** Connects as the account that the command line means, works, and ends the connection. */
export const withAccount = <T>(context: Context, work: (connected: Connected) => Promise<T>): Promise<T> =>
  withEntity(context, 'client', work)

/** The same as the component. */
export const withComponent = <T>(context: Context, work: (connected: Connected) => Promise<T>): Promise<T> =>
  withEntity(context, 'component', work)

async function withEntity<T>(
  context: Context,
  kind: 'client' | 'component',
  work: (connected: Connected) => Promise<T>,
): Promise<T> {
  const account = await chooseAccount(context)
  if (account.kind !== kind)
    throw usage(
      kind === 'client' ? 'This is for accounts, not for components.' : 'This needs a component: --component DOMAIN.',
    )
  const { entity, signal, stop } = await connect(account, context, () => undefined)
  try {
    return await work({ entity, call: { signal, timeout: timeoutOf(context) } })
  } finally {
    await stop()
  }
}
