import type { StorageListener } from '../port.js'

/** What a commit says to those who listen: at most some 4,200 bytes, for a notification of PostgreSQL has 8,000. */
export const noticeText = (owner: string, revision: string | undefined): string =>
  JSON.stringify([owner, revision ?? null])

/** Tells a listener what a text on the channel says. A text that says nothing may stand for anything: a gap. */
export function hear(listener: StorageListener, text: string): void {
  const notice = noticeIn(text)
  quietly(() => (notice === undefined ? listener.gap() : listener.changed(...notice)))
}

export function hearGap(listener: StorageListener): void {
  quietly(() => listener.gap())
}

function noticeIn(text: string): readonly [owner: string, revision: string | undefined] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!Array.isArray(value)) return undefined
    const [owner, revision] = value as readonly unknown[]
    if (typeof owner !== 'string' || (revision !== null && typeof revision !== 'string')) return undefined
    return [owner, revision ?? undefined]
  } catch {
    return undefined
  }
}

/** There is nobody to tell: what a listener throws is dropped. One promise takes a listener that rejects alike. */
function quietly(tell: () => unknown): void {
  new Promise((resolve) => resolve(tell())).catch(() => undefined)
}
