import type { Element } from 'ltx'
import { createElement } from 'ltx/lib/ltx.js'
import { notWellFormed, streamFault } from './fault.js'
import { decodeText, parseTag, plainText, type Tag } from './markup.js'
import { Scope } from './scope.js'

/** A stream header (RFC 6120 §4.7). */
export interface Header {
  /** Without its prefix. */
  readonly name: string
  readonly namespace: string
  /** The default namespace: that of the stanzas. */
  readonly content: string
  readonly attributes: ReadonlyMap<string, string>
}

/** Whom a parser tells what comes. */
export interface Hearer {
  opened(header: Header): void
  /** A first-level element, with all that is in it. */
  heard(element: Element): void
  /** The end tag of the stream. */
  ended(): void
}

/** Characters of a stanza or a header, markup included. */
export const LARGEST_STANZA = 262_144
/** What is written down or searched by recursion must not be nested deeper than a stack is. */
export const DEEPEST_STANZA = 256

interface Open {
  readonly name: string
  readonly scope: Scope
  readonly namespace: string
  /** `undefined` for the stream itself. */
  readonly element: Element | undefined
}

const CDATA = '[CDATA['
const OTHER_THAN_SPACE = /[^ \t\r\n]/
const DECLARATION =
  /^xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"1\.\d+"|'1\.\d+')(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"([^"<]*)"|'([^'<]*)'))?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?$/

/**
 * The XML of a stream, in any pieces. ltx' own parser takes what is not XML and does not tell what XMPP forbids
 * (RFC 6120 §11.1), so this one reads the markup itself, each character once.
 *
 * Elements come without prefixes and say their namespace where it differs from the one around them; a stanza's own is left
 * out. So each means the same on any stream that it is written to. Faults are thrown as `RosterError` with the condition of
 * the stream error; after one nothing more may be written.
 */
export class StreamParser {
  readonly #hearer: Hearer
  #mode: 'text' | 'markup' | 'tag' | 'declaration' | 'cdata' = 'text'
  /** What has come of the text or markup that is not complete. */
  #token = ''
  /** The quotation mark of the attribute that is being read. */
  #quote = ''
  /** How many `]` came last: two and a `>` end a CDATA section. */
  #brackets = 0
  #size = 0
  #open: Open[] = []
  #fresh = true
  #stopped = false

  constructor(hearer: Hearer) {
    this.#hearer = hearer
  }

  write(data: string): void {
    for (let at = 0; at < data.length && !this.#stopped; ) at = this.#read(data, at)
  }

  /** What follows is another document: RFC 6120 §4.3.3. */
  restart(): void {
    this.#open = []
    this.#size = 0
    this.#fresh = true
  }

  /** Whatever follows is of no interest. */
  stop(): void {
    this.#stopped = true
    this.#token = ''
  }

  #read(data: string, at: number): number {
    switch (this.#mode) {
      case 'text':
        return this.#readText(data, at)
      case 'markup':
        return this.#readMarkup(data, at)
      case 'tag':
        return this.#readTag(data, at)
      case 'declaration':
        return this.#readDeclaration(data, at)
      case 'cdata':
        return this.#readCdata(data, at)
    }
  }

  #readText(data: string, at: number): number {
    const end = data.indexOf('<', at)
    const piece = data.slice(at, end < 0 ? data.length : end)
    if (this.#open.length > 1) this.#grow(piece)
    else if (OTHER_THAN_SPACE.test(piece)) throw this.#strayText()
    if (end < 0) return data.length
    if (this.#token !== '') this.#append(decodeText(this.#checkedText(this.#take())))
    this.#mode = 'markup'
    return end + 1
  }

  #strayText(): Error {
    if (this.#open.length === 0) return notWellFormed('Expected a stream header.')
    return streamFault('bad-format', 'Expected nothing but spaces between stanzas.')
  }

  #checkedText(text: string): string {
    if (text.includes(']]>')) throw notWellFormed('Expected ]]&gt; for ]]> in text.')
    return text
  }

  /** The first characters after `<` tell what it is. */
  #readMarkup(data: string, at: number): number {
    const char = data.charAt(at)
    if (this.#token === '' && char === '?') return this.#beginDeclaration(at)
    if (this.#token === '' && char !== '!') {
      this.#mode = 'tag'
      return at
    }
    this.#grow(char)
    const begun = this.#token.slice(1)
    if (!CDATA.startsWith(begun)) throw streamFault('restricted-xml', 'Expected neither comments nor a DTD.')
    if (begun !== CDATA) return at + 1
    if (this.#open.length < 2) throw this.#strayText()
    this.#take()
    this.#brackets = 0
    this.#mode = 'cdata'
    return at + 1
  }

  #beginDeclaration(at: number): number {
    if (!this.#fresh || this.#open.length > 0)
      throw streamFault('restricted-xml', 'Expected no processing instructions.')
    this.#mode = 'declaration'
    return at + 1
  }

  #readDeclaration(data: string, at: number): number {
    const end = data.indexOf('>', at)
    this.#grow(data.slice(at, end < 0 ? data.length : end))
    if (end < 0) return data.length
    const text = this.#take()
    if (!/^xml[ \t\r\n]/.test(text)) throw streamFault('restricted-xml', 'Expected no processing instructions.')
    const found = DECLARATION.exec(text)
    if (found === null) throw notWellFormed('Expected an XML declaration.')
    const encoding = found[1] ?? found[2] ?? 'utf-8'
    if (encoding.toLowerCase() !== 'utf-8') throw streamFault('unsupported-encoding', 'Expected UTF-8.')
    this.#fresh = false
    this.#mode = 'text'
    return end + 1
  }

  #readTag(data: string, from: number): number {
    for (let at = from; at < data.length; at++) {
      const char = data.charAt(at)
      if (char === '<') throw notWellFormed('Expected &lt; for < in a tag.')
      if (this.#quote !== '') {
        if (char === this.#quote) this.#quote = ''
      } else if (char === '"' || char === "'") this.#quote = char
      else if (char === '>') {
        this.#grow(data.slice(from, at))
        this.#mode = 'text'
        this.#tag(parseTag(this.#take()))
        return at + 1
      }
    }
    this.#grow(data.slice(from))
    return data.length
  }

  #readCdata(data: string, from: number): number {
    for (let at = from; at < data.length; at++) {
      const char = data.charAt(at)
      if (char === '>' && this.#brackets >= 2) {
        this.#grow(data.slice(from, at))
        this.#append(plainText(this.#take().slice(0, -2)))
        this.#mode = 'text'
        return at + 1
      }
      this.#brackets = char === ']' ? this.#brackets + 1 : 0
    }
    this.#grow(data.slice(from))
    return data.length
  }

  #grow(piece: string): void {
    this.#size += piece.length
    if (this.#size > LARGEST_STANZA)
      throw streamFault('policy-violation', `Expected a stanza of at most ${LARGEST_STANZA} characters.`)
    this.#token += piece
  }

  #take(): string {
    const token = this.#token
    this.#token = ''
    return token
  }

  #append(text: string): void {
    if (text !== '') this.#open.at(-1)?.element?.t(text)
  }

  #tag(tag: Tag): void {
    this.#fresh = false
    if (tag.kind !== 'end') this.#begin(tag)
    if (tag.kind !== 'start' && !this.#stopped) this.#end(tag)
  }

  #begin(tag: Tag): void {
    const outer = this.#open.at(-1)
    const scope = (outer?.scope ?? Scope.outermost).within(tag)
    const [prefix, name] = split(tag.name)
    const namespace = prefix === '' ? (scope.find('') ?? '') : scope.need(prefix)
    if (outer === undefined) {
      this.#open.push({ name: tag.name, scope, namespace, element: undefined })
      this.#size = 0
      this.#hearer.opened({ name, namespace, content: scope.find('') ?? '', attributes: tag.attributes })
      return
    }
    if (this.#open.length > DEEPEST_STANZA)
      throw streamFault('policy-violation', `Expected a stanza of at most ${DEEPEST_STANZA} levels.`)
    const around = outer.element === undefined ? (outer.scope.find('') ?? '') : outer.namespace
    const element = createElement(name, attributesOf(tag, scope, namespace === around ? undefined : namespace))
    outer.element?.append(element)
    this.#open.push({ name: tag.name, scope, namespace, element })
  }

  #end(tag: Tag): void {
    const ended = this.#open.pop()
    if (ended?.name !== tag.name)
      throw notWellFormed(`Expected the end of ${ended?.name ?? 'nothing'}, not of ${tag.name}.`)
    if (this.#open.length > 1) return
    this.#size = 0
    if (ended.element === undefined) this.#hearer.ended()
    else if (this.#open.length === 1) this.#hearer.heard(ended.element)
  }
}

function split(name: string): readonly [prefix: string, local: string] {
  const colon = name.indexOf(':')
  return colon < 0 ? ['', name] : [name.slice(0, colon), name.slice(colon + 1)]
}

/** Without the declarations that the element needs no more, and with those that it took from further out. */
function attributesOf(tag: Tag, scope: Scope, xmlns: string | undefined): Record<string, string> {
  const attributes: Record<string, string> = xmlns === undefined ? {} : { xmlns }
  for (const [name, value] of tag.attributes) {
    const [prefix, local] = split(name)
    if (name === 'xmlns' || prefix === 'xmlns') continue
    if (prefix !== '' && prefix !== 'xml') attributes[`xmlns:${prefix}`] = scope.need(prefix)
    attributes[prefix === '' ? local : name] = value
  }
  return attributes
}
