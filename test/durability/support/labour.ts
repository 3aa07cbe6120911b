/** What a writer is to do. */
export interface Labour {
  /** One that no other writer has: a letter. */
  readonly name: string
  readonly seed: number
  readonly owners: readonly string[]
  readonly operations: number
  /** Every so many commits its connections are ended in the midst of one. */
  readonly disturbEvery: number
  /** In the midst of this commit the process stops; 0: it does not. */
  readonly stopAt: number
  /** Where the report goes: it is long. */
  readonly report: string
}

/** What a writer is told. */
export type Instruction =
  | { readonly kind: 'work'; readonly labour: Labour }
  /** Time moves on for it; what is due then is done. */
  | { readonly kind: 'advance'; readonly ms: number }
  /** It writes its report. */
  | { readonly kind: 'report' }

/** What it says. `operations`: how many it has done. */
export type Word =
  | { readonly kind: 'ready' | 'done' }
  | { readonly kind: 'progress'; readonly operations: number }
  | { readonly kind: 'stopping' | 'continued' }
  | { readonly kind: 'failed'; readonly message: string }

/** One commit: whether storage has acknowledged it, has refused it, or has said nothing that can be relied on. */
export interface Commit {
  readonly owner: string
  readonly base: string | undefined
  readonly revision: string
  readonly outcome: 'acknowledged' | 'refused' | 'unknown'
}

/** What it has done. Pairs are of an owner and a contact, or of an owner and a group. */
export interface Work {
  readonly commits: readonly Commit[]
  readonly added: readonly (readonly [owner: string, contact: string])[]
  readonly removed: readonly (readonly [owner: string, contact: string])[]
  readonly grouped: readonly (readonly [owner: string, group: string])[]
  /** Requests that came to this process. */
  readonly asked: readonly (readonly [owner: string, contact: string])[]
  /** Requests of which this process was told that it has granted them. */
  readonly granted: readonly (readonly [owner: string, contact: string])[]
  /** Every `subscribed` that it has sent. */
  readonly subscribed: readonly (readonly [owner: string, contact: string])[]
  readonly disturbances: number
  /** Errors of a kind that nothing here accounts for. */
  readonly errors: readonly string[]
}

/** The item of each owner to whose groups everybody adds. */
export const SHARED = 'shared@people.example'
