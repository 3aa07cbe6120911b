const PLAIN = /^[ !#-&(-[\]-~]$/

/** A Lua string literal of one line, whatever the text contains. */
export const luaString = (text: string): string => {
  const bytes = [...Buffer.from(text, 'utf8')]
  const escaped = bytes.map((byte) => {
    const character = String.fromCharCode(byte)
    return PLAIN.test(character) ? character : `\\${String(byte).padStart(3, '0')}`
  })
  return `"${escaped.join('')}"`
}

/** A Lua table whose keys are the given strings. */
export const luaSet = (keys: readonly string[]): string =>
  `{${keys.map((key) => `[${luaString(key)}]=true`).join(',')}}`
