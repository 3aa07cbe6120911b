import type { XmppEntity } from './entity.js'

type Source = Pick<XmppEntity, 'on' | 'removeListener'>

/** Listeners that leave together. */
export class Listeners {
  readonly #entity: Source
  readonly #all: { readonly source: Source; readonly event: string; readonly listener: (...args: never[]) => void }[] =
    []

  constructor(entity: Source) {
    this.#entity = entity
  }

  get isEmpty(): boolean {
    return this.#all.length === 0
  }

  on(event: string, listener: (...args: never[]) => void): void {
    this.onOther(this.#entity, event, listener)
  }

  onOther(source: Source, event: string, listener: (...args: never[]) => void): void {
    source.on(event, listener as Parameters<Source['on']>[1])
    this.#all.push({ source, event, listener })
  }

  removeAll(): void {
    for (const { source, event, listener } of this.#all.splice(0))
      source.removeListener(event, listener as Parameters<Source['on']>[1])
  }
}
