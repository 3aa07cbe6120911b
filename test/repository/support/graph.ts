import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { importsOf } from './source.js'

/** What a built file loads, itself or through the files beside it, sorted. */
function behind(file: string): { readonly files: readonly string[]; readonly packages: string[] } {
  const files = new Set<string>()
  const packages = new Set<string>()
  const visit = (path: string): void => {
    if (files.has(path)) return
    files.add(path)
    for (const { specifier } of importsOf({ path, text: readFileSync(path, 'utf8') })) {
      if (specifier.startsWith('.')) visit(join(dirname(path), specifier))
      else packages.add(specifier)
    }
  }
  visit(file)
  return { files: [...files].sort(), packages: [...packages].sort() }
}

/** The packages that it loads. */
export const packagesBehind = (file: string): string[] => behind(file).packages

/** The packages that it loads at once: not those of `import()`. Bundlers write each static import into a line of its own. */
export function packagesAtOnce(file: string): string[] {
  const files = new Set<string>()
  const packages = new Set<string>()
  const visit = (path: string): void => {
    if (files.has(path)) return
    files.add(path)
    const text = readFileSync(path, 'utf8')
    for (const [, specifier = ''] of text.matchAll(
      /^(?:import|export)\b(?:[^'"\n(]*\bfrom)? ?['"]([^'"\n]+)['"];?$/gm,
    )) {
      if (specifier.startsWith('.')) visit(join(dirname(path), specifier))
      else packages.add(specifier)
    }
  }
  visit(file)
  return [...packages].sort()
}

/** The text of it and of all files that it loads. */
export const textBehind = (file: string): string =>
  behind(file)
    .files.map((path) => readFileSync(path, 'utf8'))
    .join('\n')
