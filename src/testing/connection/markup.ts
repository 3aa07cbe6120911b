import { isXmlText } from '../../core/text.js'
import { notWellFormed, streamFault } from './fault.js'

/** A start tag, an end tag, or both in one. */
export interface Tag {
  /** With its prefix, as it is written. */
  readonly name: string
  readonly kind: 'start' | 'end' | 'empty'
  readonly attributes: ReadonlyMap<string, string>
}

const START =
  'A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}\\u{200D}\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}'
const NCNAME = `[${START}][${START}\\-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}\\u{2040}]*`
const QNAME = `(?:${NCNAME}:)?${NCNAME}`

const END_TAG = new RegExp(`^/(${QNAME})[ \\t\\r\\n]*$`, 'u')
const NAME = new RegExp(`^${QNAME}`, 'u')
const ATTRIBUTE = new RegExp(`[ \\t\\r\\n]+(${QNAME})[ \\t\\r\\n]*=[ \\t\\r\\n]*(?:"([^"]*)"|'([^']*)')`, 'uy')
const REST = /[ \t\r\n]*(\/?)$/y
const ENTITY_NAME = new RegExp(`^${NCNAME}$`, 'u')

/** What stands between `<` and `>`; both kinds of XML's rules count: the tag's own, and those for names (XML-NAMES §4). */
export function parseTag(text: string): Tag {
  if (text.startsWith('/')) {
    const name = END_TAG.exec(text)?.[1]
    if (name === undefined) throw notWellFormed('Expected the name of an element between </ and >.')
    return { name, kind: 'end', attributes: new Map() }
  }
  const name = NAME.exec(text)?.[0]
  if (name === undefined) throw notWellFormed('Expected the name of an element after <.')
  const attributes = new Map<string, string>()
  let at = name.length
  ATTRIBUTE.lastIndex = at
  for (let found = ATTRIBUTE.exec(text); found !== null; found = ATTRIBUTE.exec(text)) {
    const [, key = '', double, single = ''] = found
    if (attributes.has(key)) throw notWellFormed(`Expected the attribute ${key} once in ${name}.`)
    // XML §3.3.3: spaces of other kinds are spaces, unless they are written as references.
    attributes.set(key, decodeText(plainText(double ?? single).replace(/[\t\n]/g, ' ')))
    at = ATTRIBUTE.lastIndex
  }
  REST.lastIndex = at
  const rest = REST.exec(text)
  if (rest === null) throw notWellFormed(`Expected attributes in quotes, each after a space, in ${name}.`)
  return { name, kind: rest[1] === '/' ? 'empty' : 'start', attributes }
}

const PREDEFINED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

/** Text as it is meant: references resolved, ends of lines as one (XML §2.11, §4.4). */
export function decodeText(raw: string): string {
  const text = plainText(raw)
  return text.includes('&') ? text.replace(/&([^&;]*)(;?)/g, resolved) : text
}

/** The same for a CDATA section: `&` is no more than itself. */
export function plainText(raw: string): string {
  if (!isXmlText(raw)) throw notWellFormed('Expected characters that XML allows.')
  return raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw
}

function resolved(_whole: string, name: string, end: string): string {
  if (end === '') throw notWellFormed('Expected &amp; for an ampersand.')
  const known = PREDEFINED.get(name)
  if (known !== undefined) return known
  if (name.startsWith('#')) return character(name)
  if (!ENTITY_NAME.test(name)) throw notWellFormed('Expected &amp; for an ampersand.')
  // RFC 6120 §11.1
  throw streamFault('restricted-xml', 'Expected no entity but the five of XML.')
}

function character(reference: string): string {
  const found = /^#(?:(\d+)|x([\da-f]+))$/i.exec(reference)
  // `X` is no hexadecimal mark in XML.
  const digits = found === null || reference.startsWith('#X') ? undefined : found
  const code = digits?.[1] === undefined ? Number.parseInt(digits?.[2] ?? '', 16) : Number.parseInt(digits[1], 10)
  const text = code <= 0x10ffff ? String.fromCodePoint(code) : ''
  if (text === '' || !isXmlText(text)) throw notWellFormed('Expected the number of a character that XML allows.')
  return text
}
