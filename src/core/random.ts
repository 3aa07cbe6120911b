/** At least 122 random bits in 32 hexadecimal digits: revisions, stanza ids. Nobody can guess one. */
export function randomId(): string {
  const { crypto } = globalThis
  // Several times as fast as asking for bytes; a browser has it only on pages that came over HTTPS.
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID().replaceAll('-', '')
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}
