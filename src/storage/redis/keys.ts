import { RosterError } from '../../core/errors.js'
import { domainOf } from '../../core/jid.js'

/** The owners of a storage are spread over so many hash tags. It is part of the layout: another number is another layout. */
export const BUCKETS = 256

/** What keys look like and what stands behind them; a script refuses what it finds under another one. */
export const LAYOUT = '1'

export type Index = 'owners' | 'owed' | 'request'

/** The keys of one owner, and of the indexes that a commit of it touches: all of them in one slot of a Cluster. */
export interface OwnerKeys {
  readonly items: string
  readonly owed: string
  readonly asks: string
  readonly log: string
  readonly indexes: Readonly<Record<Index, string>>
}

interface Bucket {
  readonly tag: string
  readonly indexes: Readonly<Record<Index, string>>
}

/**
 * Names the keys of a storage. The hash tag (the part in braces, which alone decides about the slot) comes first and holds
 * the prefix and the bucket; what an owner is made of comes last and may hold braces itself.
 */
export class Keys {
  readonly #prefix: string
  readonly #buckets: Bucket[] = []

  /** @throws {RosterError} `UNSUPPORTED`: no prefix that could stand in a hash tag */
  constructor(prefix: string) {
    if (typeof prefix !== 'string' || prefix === '' || /[{}]/.test(prefix)) {
      throw new RosterError(
        'UNSUPPORTED',
        `A prefix is text without braces, which mark the hash tag, but "${String(prefix)}" came.`,
      )
    }
    this.#prefix = prefix
  }

  /** Where news of commits are told. */
  get channel(): string {
    return `${this.#prefix}:changed`
  }

  of(owner: string): OwnerKeys {
    const { tag, indexes } = this.#bucket(bucketOf(owner))
    return {
      items: `${tag}:items:${owner}`,
      owed: `${tag}:owes:${owner}`,
      asks: `${tag}:asks:${owner}`,
      log: `${tag}:log:${owner}`,
      indexes,
    }
  }

  /** The key of one bucket's part of an index. */
  index(bucket: number, index: Index): string {
    return this.#bucket(bucket).indexes[index]
  }

  #bucket(bucket: number): Bucket {
    let known = this.#buckets[bucket]
    if (known === undefined) {
      const tag = `{${this.#prefix}:${bucket.toString(16).padStart(2, '0')}}`
      known = { tag, indexes: { owners: `${tag}:owners`, owed: `${tag}:with-owed`, request: `${tag}:with-request` } }
      this.#buckets[bucket] = known
    }
    return known
  }
}

/** FNV-1a over the UTF-16 code units. It is part of the layout. */
export function bucketOf(owner: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < owner.length; index++) {
    const unit = owner.charCodeAt(index)
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193)
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193)
  }
  hash ^= hash >>> 16
  return (hash ^ (hash >>> 8)) & (BUCKETS - 1)
}

/** What stands between texts that are written as one. No JID holds it, and no character sorts before it. */
export const BORDER = '\0'

/** The owner's name in an index: by domain first, so that a domain is a range. */
export const memberOf = (owner: string): string => domainOf(owner) + BORDER + owner

export const ownerOf = (member: string): string => member.slice(member.indexOf(BORDER) + 1)

/** The range of an index that holds a domain, or all: `min` and `max` as `ZRANGE … BYLEX` takes them. */
export const rangeOf = (domain: string | undefined): { readonly min: string; readonly max: string } =>
  domain === undefined ? { min: '-', max: '+' } : { min: `[${domain}${BORDER}`, max: `(${domain}\x01` }
