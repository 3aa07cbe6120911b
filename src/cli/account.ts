import { bareJid, isDomainJid } from '../core/jid.js'
import { CommandError } from './errors.js'

/** Where a password comes from. */
export type Secret =
  | { readonly kind: 'text'; readonly text: string }
  /** A program and its arguments; it prints the password. No shell has a part in it. */
  | { readonly kind: 'command'; readonly words: readonly string[] }
  /** Nobody has said. */
  | { readonly kind: 'none' }

/** Whoever the command works as. */
export type Account = ClientAccount | ComponentAccount

export interface ClientAccount {
  readonly kind: 'client'
  /** Bare JID. */
  readonly jid: string
  /** `xmpp://…`, `xmpps://…`, `ws://…`, `wss://…`; `undefined`: as the domain's DNS says. */
  readonly service: string | undefined
  readonly secret: Secret
  /** Log in without encryption as well. */
  readonly insecure: boolean
}

export interface ComponentAccount {
  readonly kind: 'component'
  readonly domain: string
  /** `xmpp://…`; `undefined`: the command does not connect, and the component sends what its rosters owe. */
  readonly service: string | undefined
  readonly secret: Secret
  /** Whose roster, when nothing else is said. Bare JID. */
  readonly owner: string | undefined
  /** The SQLite file with the rosters; `undefined`: one in the data folder. */
  readonly storage: string | undefined
}

/** What an account looks like in the configuration. */
export interface AccountEntry {
  readonly jid?: string
  readonly component?: string
  readonly service?: string
  readonly owner?: string
  readonly storage?: string
  readonly password?: string
  readonly passwordCommand?: readonly string[]
  readonly insecure?: boolean
}

/** The whole file: names and what they stand for. */
export interface Accounts {
  /** The account that is used when none is named. */
  readonly default?: string
  readonly accounts: Readonly<Record<string, AccountEntry>>
}

const SERVICE = /^(xmpps?|wss?):\/\/[^\s/]+/

export const configInvalid = (message: string, cause?: unknown): CommandError =>
  new CommandError('CONFIG_INVALID', message, cause)

/**
 * An account from an entry of the configuration, or from variables that say the same.
 *
 * @param where says in an error where the entry stands
 * @throws {CommandError} `CONFIG_INVALID`
 */
export function accountOf(entry: AccountEntry, where: string): Account {
  const service = entry.service
  if (service !== undefined && !SERVICE.test(service))
    throw configInvalid(
      `${where}: the service is a URL such as xmpp://example.com:5222, but "${service}" stands there.`,
    )
  if (entry.component === undefined) return clientOf(entry, service, where)
  if (entry.jid !== undefined)
    throw configInvalid(`${where}: it has a "component", so there is no "jid"; its owner is "owner".`)
  if (service !== undefined && !/^xmpp:/.test(service))
    throw configInvalid(`${where}: a component connects to a service such as xmpp://localhost:5347.`)
  const domain = jidIn(entry.component, where)
  if (!isDomainJid(domain)) throw configInvalid(`${where}: a component is a domain, but "${domain}" stands there.`)
  return {
    kind: 'component',
    domain,
    service,
    secret: secretOf(entry, where),
    owner: entry.owner === undefined ? undefined : jidIn(entry.owner, where),
    storage: entry.storage,
  }
}

function clientOf(entry: AccountEntry, service: string | undefined, where: string): ClientAccount {
  if (entry.jid === undefined) throw configInvalid(`${where}: it has neither a "jid" nor a "component".`)
  const extra = (['owner', 'storage'] as const).find((name) => entry[name] !== undefined)
  if (extra !== undefined) throw configInvalid(`${where}: "${extra}" is for components.`)
  const jid = jidIn(entry.jid, where)
  if (isDomainJid(jid)) throw configInvalid(`${where}: an account has a name before the @, but "${jid}" is a domain.`)
  return { kind: 'client', jid, service, secret: secretOf(entry, where), insecure: entry.insecure === true }
}

function jidIn(text: string, where: string): string {
  try {
    return bareJid(text)
  } catch (cause) {
    throw configInvalid(`${where}: "${text}" is no JID.`, cause)
  }
}

function secretOf({ password, passwordCommand }: AccountEntry, where: string): Secret {
  if (password !== undefined && passwordCommand !== undefined)
    throw configInvalid(`${where}: it has both a "password" and a "passwordCommand".`)
  if (password !== undefined) return { kind: 'text', text: password }
  if (passwordCommand === undefined) return { kind: 'none' }
  if (passwordCommand.length === 0) throw configInvalid(`${where}: the "passwordCommand" is empty.`)
  return { kind: 'command', words: passwordCommand }
}

/** What an account is called in messages. */
export const titleOf = (account: Account): string => (account.kind === 'client' ? account.jid : account.domain)
