// Runs every `*.bench.mjs` of this folder, one after the other and each in a process of its own, so that none is
// measured in the heap of another. `npm run bench -- presence` runs those whose names contain the word.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const words = process.argv.slice(2)
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.bench.mjs') && (words.length === 0 || words.some((word) => name.includes(word))))
  .sort()

console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`)
console.log('Times are processor time; a ratio is the middle one of several rounds, each of which measures both sides.')
const failed = names.filter((name) => {
  console.log(`\n${name.replace('.bench.mjs', '')}`)
  return spawnSync(process.execPath, ['--expose-gc', folder + name], { stdio: 'inherit' }).status !== 0
})

if (names.length === 0) console.error(`No benchmark is called ${words.join(' or ')}.`)
for (const name of failed) console.error(`${name} failed.`)
process.exitCode = failed.length > 0 || names.length === 0 ? 1 : 0
