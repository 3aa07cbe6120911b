/** One word of a command line, as far as the cursor. */
export interface Word {
  /** What it means. */
  readonly text: string
  /** The quotation mark that is still open at its end. */
  readonly quote: '"' | "'" | undefined
  /** How much of the text bash leaves alone: what comes before the last break in the word, or before the open quotation mark. */
  readonly kept: number
}

const SPACE = /[ \t\n]/

/** The words of a line as bash takes it apart; the last one is that at the cursor, and may be empty. */
export function splitLine(line: string, breaks: string): readonly Word[] {
  const words: Word[] = []
  let at = 0
  while (at <= line.length) {
    while (at < line.length && SPACE.test(line.charAt(at))) at += 1
    const { word, end } = wordAt(line, at, breaks)
    words.push(word)
    if (end >= line.length) break
    at = end
  }
  return words
}

/** Without the meaning of `$`, of `~` and of the like: what they stand for, only the shell knows. */
function wordAt(line: string, start: number, breaks: string): { readonly word: Word; readonly end: number } {
  let text = ''
  let kept = 0
  let quote: Word['quote']
  let at = start
  for (; at < line.length; at += 1) {
    const char = line.charAt(at)
    if (quote === undefined && SPACE.test(char)) break
    if (char === quote) {
      quote = undefined
      continue
    }
    if (quote === undefined && (char === '"' || char === "'")) {
      quote = char
      kept = text.length
      continue
    }
    const isEscape = char === '\\' && (quote === undefined || (quote === '"' && /["\\$`]/.test(line.charAt(at + 1))))
    if (isEscape) at += 1
    text += isEscape ? line.charAt(at) : char
    // An @ begins what bash replaces, any other break stands before it.
    if (!isEscape && quote === undefined && breaks.includes(char)) kept = char === '@' ? text.length - 1 : text.length
  }
  return { word: { text, quote, kept }, end: at }
}

/** Letters, digits and marks that mean nothing to bash. */
const PLAIN = /[\p{L}\p{N}\p{M}_@%+=:,./^-]/u

/** What bash is to put in the place of the word; `undefined`: there is no way to write it between these quotation marks. */
export function writtenFor({ quote, kept }: Word, candidate: string): string | undefined {
  const rest = candidate.slice(kept)
  if (quote === "'") return rest.includes("'") ? undefined : rest
  // Between these an exclamation mark cannot be made harmless.
  if (quote === '"') return rest.includes('!') ? undefined : rest.replace(/["\\$`]/g, '\\$&')
  return [...rest].map((char) => (PLAIN.test(char) ? char : `\\${char}`)).join('')
}

/** What bash is to be told. */
export const BASH = `# Completion of xmpp-roster for bash 4 and later.

_xmpp_roster() {
  local program=xmpp-roster kind= candidate
  [[ $1 == */* ]] && program=$1
  COMPREPLY=()
  {
    IFS= read -r kind
    while IFS= read -r candidate; do COMPREPLY+=("$candidate"); done
  } < <(command "$program" completion words --shell bash --breaks="$COMP_WORDBREAKS" -- "\${COMP_LINE:0:COMP_POINT}" </dev/null 2>/dev/null)
  [[ $kind == files ]] && compopt -o default
  return 0
}
complete -F _xmpp_roster xmpp-roster
`
