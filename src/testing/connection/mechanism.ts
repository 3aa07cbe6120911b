/** Why an authentication has failed (RFC 6120 §6.5). */
export type SaslCondition =
  | 'aborted'
  | 'incorrect-encoding'
  | 'invalid-authzid'
  | 'invalid-mechanism'
  | 'malformed-request'
  | 'not-authorized'

export type SaslAnswer =
  | { readonly kind: 'challenge'; readonly data: string }
  | { readonly kind: 'success'; readonly username: string; readonly data: string | undefined }
  | { readonly kind: 'failure'; readonly condition: SaslCondition }

/** One authentication, message by message. */
export interface Mechanism {
  next(message: string): SaslAnswer
}

export const failure = (condition: SaslCondition): SaslAnswer => ({ kind: 'failure', condition })

/** Base64 in its one canonical form (RFC 4648 §3.5); `undefined`: it is something else. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}
