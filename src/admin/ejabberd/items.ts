import { RosterError } from '../../core/errors.js'
import { shorten } from '../../core/text.js'
import type { CallOptions } from '../../roster/options.js'
import { hintOf, Sources } from '../hint.js'
import type { Wanted } from '../item.js'
import { gone } from '../plan/refusals.js'
import type { AdminItem } from '../port.js'
import type { Arguments, EjabberdApi } from './api.js'
import { accountOf } from './owners.js'
import { readRoster, type StoredItem } from './rows.js'

export interface Pair {
  readonly owner: string
  readonly contact: string
}

type StoredItems = ReadonlyMap<string, StoredItem>

/** The items of ejabberd's rosters. */
export class EjabberdItems {
  readonly #api: EjabberdApi
  /** ejabberd knows a contact by the spelling that it stores. */
  readonly #sources = new Sources<StoredItems>()

  constructor(api: EjabberdApi) {
    this.#api = api
  }

  async list(owner: string, options: CallOptions): Promise<readonly AdminItem[]> {
    const stored = await this.#read(owner, options)
    const items = [...stored.values()].map(({ item }) => item)
    return this.#sources.keep(items, stored)
  }

  async put(wanted: Wanted, options: CallOptions): Promise<void> {
    const { owner, contact, patch, subscription } = wanted
    const pair = { owner, contact }
    const account = accountOf(owner)
    const known = (await this.#before(wanted, options))?.get(contact)
    if (known === undefined && hintOf(options).mustExist === true) throw gone(owner, contact)
    const args = {
      ...namesOf(account),
      ...contactOf(known?.stored ?? contact),
      nick: patch.name ?? known?.item.name ?? '',
      subs: subscription ?? known?.item.subscription ?? 'none',
      ...(await this.#groups(pair, patch.groups ?? known?.item.groups ?? [], options)),
    }
    await this.#api.run('add_rosteritem', args, { ...options, ...pair })
  }

  /** ejabberd answers alike whether the item was there; the roster says it. */
  async remove(pair: Pair, options: CallOptions): Promise<boolean> {
    const account = accountOf(pair.owner)
    const stored = this.#sources.hinted(options) ?? (await this.#read(pair.owner, options))
    const known = stored.get(pair.contact)
    if (known === undefined) return false
    // Never process_rosteritems: its "delete" tells nobody, and the cache goes on serving what it deleted.
    const args = { ...namesOf(account), ...contactOf(known.stored) }
    await this.#api.run('delete_rosteritem', args, { ...options, ...pair })
    return true
  }

  async #read(owner: string, options: CallOptions): Promise<StoredItems> {
    return readRoster(await this.#api.list('get_roster', accountOf(owner), { ...options, owner }))
  }

  /** The roster before a `put`; `undefined`: nothing of it is needed. */
  async #before(
    { owner, contact, patch, subscription }: Wanted,
    options: CallOptions,
  ): Promise<StoredItems | undefined> {
    const stored = this.#sources.hinted(options)
    if (stored !== undefined) return stored
    const isWhole = patch.name !== undefined && patch.groups !== undefined && subscription !== undefined
    // Another spelling of the same domain would be another contact to ejabberd.
    if (isWhole && isAscii(contact) && hintOf(options).mustExist !== true) return undefined
    return this.#read(owner, options)
  }

  /** @throws RosterError `ITEM_INVALID` */
  async #groups(pair: Pair, groups: readonly string[], options: CallOptions): Promise<Arguments> {
    if ((await this.#api.dialect({ ...options, ...pair })) === 'listed') return { groups }
    const split = groups.find((group) => group.includes(';'))
    if (split === undefined) return { group: groups.join(';') }
    const message = `This ejabberd would split the group "${shorten(split)}" at its ";": it can once it is 24.02 or later; nothing was written.`
    throw new RosterError('ITEM_INVALID', message, pair)
  }
}

const isAscii = (text: string): boolean => /^[!-~]*$/.test(text)

const namesOf = ({ user, host }: { readonly user: string; readonly host: string }): Arguments => ({
  localuser: user,
  localhost: host,
})

/** A gateway has no user: ejabberd takes an empty text for that. */
function contactOf(stored: string): Arguments {
  const at = stored.indexOf('@')
  return { user: stored.slice(0, Math.max(at, 0)), host: stored.slice(at + 1) }
}
