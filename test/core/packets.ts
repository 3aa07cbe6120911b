import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const PACKETS = 200
const PACKET = 50_000
/** How much memory all packets of {@link keepFromPackets} take together. */
export const PACKETS_BYTES = PACKETS * PACKET

function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

/** Cuts a JID out of many large packets, as a parser does, and tells what keeping `keep` of each costs. */
export function keepFromPackets<T>(keep: (slice: string) => T): {
  readonly kept: readonly T[]
  readonly bytes: number
} {
  const before = heapUsed()
  const kept = Array.from({ length: PACKETS }, (_, i) => {
    // Joined from its characters, so that each packet is one flat text of its own.
    const packet = Array.from(`<presence from="juliet${100 + i}@capulet.example"/>`.padEnd(PACKET, '.')).join('')
    return keep(packet.slice(16, 41))
  })
  return { kept, bytes: heapUsed() - before }
}
