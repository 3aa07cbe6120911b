import type { Parameter } from './connection.js'

/** Rows of one statement: what it costs to send one is shared by so many. */
const MOST_ROWS = 500
/** Units of text in one statement: servers take 4 MiB and more (`max_allowed_packet`), and a unit may become six bytes. */
const MOST_TEXT = 256 * 1_024

/** The rows, in lists that one statement each can carry. A row that is larger than that goes alone. */
export function batchesOf<R extends readonly Parameter[]>(rows: readonly R[]): readonly (readonly R[])[] {
  const batches: R[][] = []
  let batch: R[] = []
  let size = 0
  for (const row of rows) {
    const more = row.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 0)
    if (batch.length > 0 && (batch.length === MOST_ROWS || size + more > MOST_TEXT)) {
      batches.push(batch)
      batch = []
      size = 0
    }
    batch.push(row)
    size += more
  }
  return batch.length === 0 ? batches : [...batches, batch]
}

/** `?, ?, ?` */
export const marks = (count: number): string => Array.from({ length: count }, () => '?').join(', ')
