/** The parts of a JID that a test wrote; no normalisation. */
export const splitJid = (
  text: string,
): { readonly local: string; readonly domain: string; readonly resource: string } => {
  const slash = text.indexOf('/')
  const bare = slash === -1 ? text : text.slice(0, slash)
  const resource = slash === -1 ? '' : text.slice(slash + 1)
  const at = bare.indexOf('@')
  return { local: at === -1 ? '' : bare.slice(0, at), domain: bare.slice(at + 1), resource }
}

/** Lets tests say `alice` where the server wants to know that she is `alice@localhost`. */
export const localPart = (owner: string): string => (owner.includes('@') ? splitJid(owner).local : owner)
