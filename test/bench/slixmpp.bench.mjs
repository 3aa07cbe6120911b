// The same presences through slixmpp, the living descendant of SleekXMPP, where Debian's package of it is installed.
import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { compare } from './support/measure.mjs'
import { CONTACTS, listenerOf, parsed, rosterSession, WAVES, wavesFor } from './support/presence.mjs'
import { microseconds, row, table } from './support/report.mjs'
import { chunksOf, feed } from './support/session.mjs'
import { presencesOf } from './support/stanzas.mjs'

const PYTHON = ['/usr/bin/python3', 'python3'].find(
  (python) => spawnSync(python, ['-c', 'import slixmpp'], { stdio: 'ignore' }).status === 0,
)

/** slixmpp in a process of its own, which does a round when it is asked to. */
async function slixmpp(kind, owner) {
  const waves = Array.from({ length: WAVES }, (_, wave) => presencesOf(CONTACTS, wave, owner))
  const script = fileURLToPath(new URL('./support/slixmpp_rounds.py', import.meta.url))
  const python = spawn(PYTHON, [script], { stdio: ['pipe', 'pipe', 'ignore'] })
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]()
  const next = async () => (await lines.next()).value
  python.stdin.write(`${JSON.stringify({ kind, owner, waves })}\n`)
  const [word, version] = (await next())?.split(' ') ?? []
  if (word !== 'ready') throw new Error('slixmpp did not start.')
  let heard = 0
  const round = async (what) => {
    python.stdin.write(`${what}\n`)
    const [nanoseconds, told] = (await next()).split(' ').map(Number)
    heard = told
    return nanoseconds
  }
  return { version, round, heard: () => heard, stop: () => python.kill() }
}

const inTurn = (waves, act) => {
  let round = 0
  return () => act(waves[round++ % waves.length])
}

async function against(kind) {
  const { entity, roster, owner } = await rosterSession(kind)
  const theirs = await slixmpp(kind, owner)
  let told = 0
  roster.on('presence', () => told++)
  const bytes = wavesFor(owner).map(chunksOf)
  const stanzas = await parsed(kind)
  const waves = bytes.map((_, wave) => stanzas.slice(wave * CONTACTS, (wave + 1) * CONTACTS))
  const hear = listenerOf(entity)
  const whole = await compare(
    inTurn(bytes, (wave) => feed(entity, wave)),
    () => theirs.round('bytes'),
    { rounds: 5, warmups: 4 },
  )
  if (told !== theirs.heard() || told === 0)
    throw new Error(`${told} presences were told here, ${theirs.heard()} there.`)
  const share = await compare(
    inTurn(waves, (wave) => wave.forEach(hear)),
    () => theirs.round('stanzas'),
    { rounds: 5, warmups: 4 },
  )
  theirs.stop()
  for (const [what, { ratio, ours, theirs: slow }] of Object.entries({
    'XML in to event out': whole,
    'the roster alone': share,
  })) {
    const text = `${(1 / ratio).toFixed(1)} × as fast`
    row(`${kind}: ${what}`, ratio, {
      text,
      note: `${microseconds(ours / CONTACTS)} against ${microseconds(slow / CONTACTS)}`,
    })
  }
  return theirs.version
}

if (PYTHON === undefined) {
  console.warn(
    '\n*** SKIPPED: slixmpp is not installed (apt-get install python3-slixmpp). Nothing was compared with it. ***',
  )
} else {
  table(
    `A presence of one of ${CONTACTS} contacts against slixmpp`,
    'The roster alone: the stanza is there, and what it says is kept.',
  )
  let version
  for (const kind of ['client', 'component']) version = await against(kind)
  console.log(`  slixmpp ${version}`)
}
process.exit()
