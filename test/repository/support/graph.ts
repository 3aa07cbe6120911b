import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { importsOf } from './source.js'

/** The packages that a built file loads, itself or through the files beside it, sorted. */
export function packagesBehind(file: string): string[] {
  const seen = new Set<string>()
  const packages = new Set<string>()
  const visit = (path: string): void => {
    if (seen.has(path)) return
    seen.add(path)
    for (const { specifier } of importsOf({ path, text: readFileSync(path, 'utf8') })) {
      if (specifier.startsWith('.')) visit(join(dirname(path), specifier))
      else packages.add(specifier)
    }
  }
  visit(file)
  return [...packages].sort()
}
