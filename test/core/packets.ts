import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** How many packets come in a test of what they leave behind. */
export const PACKETS = 200
const PACKET = 50_000
/** How much memory all packets of {@link keepFromPackets} take together. */
export const PACKETS_BYTES = PACKETS * PACKET

/** Bytes of what is in use once the rubbish is gone. */
export function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

/** One large flat text of its own, as it comes from a socket, with these at its ends. */
export const packetOf = (head: string, tail = ''): string =>
  Buffer.from(head.padEnd(PACKET - tail.length, ' ') + tail).toString()

/** Cuts a JID out of many large packets, as a parser does, and tells what keeping `keep` of each costs. */
export function keepFromPackets<T>(keep: (slice: string) => T): {
  readonly kept: readonly T[]
  readonly bytes: number
} {
  const before = heapUsed()
  const kept = Array.from({ length: PACKETS }, (_, i) => {
    const packet = packetOf(`<presence from="juliet${100 + i}@capulet.example"/>`)
    return keep(packet.slice(16, 41))
  })
  return { kept, bytes: heapUsed() - before }
}
