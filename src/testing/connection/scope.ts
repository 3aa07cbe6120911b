import { notWellFormed } from './fault.js'
import type { Tag } from './markup.js'

const NS_XML = 'http://www.w3.org/XML/1998/namespace'
const NS_XMLNS = 'http://www.w3.org/2000/xmlns/'

/** The namespaces that are in force at an element (XML-NAMES §6). */
export class Scope {
  readonly #outer: Scope | undefined
  readonly #declared: ReadonlyMap<string, string>

  private constructor(outer: Scope | undefined, declared: ReadonlyMap<string, string>) {
    this.#outer = outer
    this.#declared = declared
  }

  static readonly outermost = new Scope(undefined, new Map([['xml', NS_XML]]))

  /** The scope inside of a tag. */
  within(tag: Tag): Scope {
    const declared = new Map<string, string>()
    for (const [name, value] of tag.attributes) {
      if (name === 'xmlns') declared.set('', value)
      else if (name.startsWith('xmlns:')) declared.set(checked(name.slice(6), value), value)
    }
    return declared.size === 0 ? this : new Scope(this, declared)
  }

  /** What a prefix stands for; the empty one is that of the default namespace. */
  find(prefix: string): string | undefined {
    let scope: Scope | undefined = this
    while (scope !== undefined) {
      const found = scope.#declared.get(prefix)
      if (found !== undefined) return found
      scope = scope.#outer
    }
    return undefined
  }

  /** The namespace of a prefix that must have one. */
  need(prefix: string): string {
    const found = this.find(prefix)
    if (found === undefined) throw notWellFormed(`Expected a namespace for the prefix ${prefix}.`)
    return found
  }
}

/** XML-NAMES §3, §5: some prefixes and namespaces belong together for ever, and a prefix cannot be undeclared. */
function checked(prefix: string, namespace: string): string {
  const reserved = prefix === 'xmlns' || namespace === NS_XMLNS || (prefix === 'xml') !== (namespace === NS_XML)
  if (reserved || namespace === '') throw notWellFormed(`Expected another namespace for the prefix ${prefix}.`)
  return prefix
}
