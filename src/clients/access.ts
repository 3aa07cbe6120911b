/**
 * Something that has access to the account: a program that logs in with the password or a token of its own, or somebody
 * whom the user has granted access (a website, say) and who may never have logged in. A frozen value.
 *
 * All texts are other people's words: what a client says of itself is not to be trusted, and is to be escaped where it is
 * shown. What the server leaves out, leaves empty or writes in another form is `undefined`.
 */
export interface ClientAccess {
  /** What {@link Clients.revoke} takes. Opaque: whatever the server says, slashes and all; `''` when it says none. */
  readonly id: string
  /** `'session'`: an XMPP client that has logged in. `'access'`: a grant, which has not. */
  readonly type: 'session' | 'access'
  /** It has a session now; also one that is cut and can still be resumed (XEP-0198). */
  readonly connected: boolean
  /** When the server first saw it. */
  readonly firstSeen: Date | undefined
  /**
   * Of a client that is connected it may be when it logged in, or when the list was answered: the server decides. Servers
   * that have noted nothing may say "now", also of a client that is not connected: that is `undefined`.
   */
  readonly lastSeen: Date | undefined
  /**
   * How it may log in; several at once are usual. `'grant'` is a token that the user has given (OAuth), `'fast'` one that
   * the server gave it after its first login (XEP-0484). None when the server does not tell.
   */
  readonly auth: readonly ('password' | 'grant' | 'fast')[]
  /** Its name. */
  readonly software: string | undefined
  /** What the name belongs to, as registered with the server: tells programs of one name apart. */
  readonly softwareId: string | undefined
  /** Its version. */
  readonly softwareVersion: string | undefined
  /** Where it is at home; not checked to be an address of any kind. */
  readonly uri: string | undefined
  /** What it runs on, such as "Juliet's laptop". */
  readonly device: string | undefined
}

/** What has become of a client that was to lose its access; see {@link Clients.revoke}. */
export type Revocation = 'revoked' | 'absent' | 'disconnected' | 'password-reset-required'
