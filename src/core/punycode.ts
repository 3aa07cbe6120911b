// Punycode with IDNA's parameters: RFC 3492 §5, §6.

const BASE = 36
const FIRST_CODE = 128
const FIRST_BIAS = 72
const DIGITS = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** RFC 3492 §6.1. */
function adapt(delta: number, count: number, first: boolean): number {
  let rest = first ? Math.floor(delta / 700) : delta >> 1
  rest += Math.floor(rest / count)
  let k = 0
  for (; rest > 455; k += BASE) rest = Math.floor(rest / 35)
  return k + Math.floor((36 * rest) / (rest + 38))
}

const threshold = (k: number, bias: number): number => Math.min(26, Math.max(1, k - bias))

/** RFC 3492 §6.2, for lower-case text without its `xn--`; `undefined`: this is no Punycode. */
export function decodePunycode(text: string): string | undefined {
  const dash = text.lastIndexOf('-')
  const output = Array.from(dash < 0 ? '' : text.slice(0, dash), (char) => char.charCodeAt(0))
  let code = FIRST_CODE
  let index = 0
  let bias = FIRST_BIAS
  for (let at = dash + 1; at < text.length; ) {
    const before = index
    for (let weight = 1, k = BASE; ; k += BASE) {
      const digit = DIGITS.indexOf(text.charAt(at++) || ' ')
      if (digit < 0) return undefined
      index += digit * weight
      if (index > 0x7fffffff) return undefined
      const limit = threshold(k, bias)
      if (digit < limit) break
      weight *= BASE - limit
    }
    bias = adapt(index - before, output.length + 1, before === 0)
    code += Math.floor(index / (output.length + 1))
    if (code > 0x10ffff) return undefined
    index %= output.length + 1
    output.splice(index++, 0, code)
  }
  return String.fromCodePoint(...output)
}

/** One number as a variable-length integer of base 36. */
function encodeDelta(delta: number, bias: number): string {
  let output = ''
  let rest = delta
  for (let k = BASE; ; k += BASE) {
    const limit = threshold(k, bias)
    if (rest < limit) return output + DIGITS.charAt(rest)
    output += DIGITS.charAt(limit + ((rest - limit) % (BASE - limit)))
    rest = Math.floor((rest - limit) / (BASE - limit))
  }
}

/** RFC 3492 §6.3, without the `xn--`; for labels of at most a few hundred characters, so that no number overflows. */
export function encodePunycode(text: string): string {
  const codes = Array.from(text, (char) => char.codePointAt(0) ?? 0)
  const basic = codes.filter((code) => code < FIRST_CODE)
  let output = String.fromCharCode(...basic) + (basic.length > 0 ? '-' : '')
  let bias = FIRST_BIAS
  let delta = 0
  let done = basic.length
  for (let last = FIRST_CODE; done < codes.length; last++) {
    const code = Math.min(...codes.filter((one) => one >= last))
    delta += (code - last) * (done + 1)
    for (const one of codes) {
      if (one < code) delta++
      if (one !== code) continue
      output += encodeDelta(delta, bias)
      bias = adapt(delta, done + 1, done === basic.length)
      delta = 0
      done++
    }
    delta++
    last = code
  }
  return output
}
