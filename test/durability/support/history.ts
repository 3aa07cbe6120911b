import type { Commit } from './labour.js'

/**
 * What is wrong with the history of one owner: every acknowledged commit stands on one chain from the first revision to the
 * last, each of them once; of the others, those that storage has refused do not stand on it.
 */
export function flawsOf(owner: string, commits: readonly Commit[], first: string, last: string): readonly string[] {
  const flaws: string[] = []
  const byRevision = new Map(commits.map((commit) => [commit.revision, commit]))
  if (byRevision.size !== commits.length) flaws.push(`${owner}: a revision was made twice`)
  const chain = new Set<string>()
  let at: string | undefined = last
  while (at !== undefined && at !== first && !chain.has(at)) {
    chain.add(at)
    at = byRevision.get(at)?.base
  }
  if (at !== first) flaws.push(`${owner}: the chain from ${last} does not lead to ${first}, but ends at ${at}`)
  for (const { revision, base, outcome } of commits) {
    if (outcome === 'acknowledged' && !chain.has(revision))
      flaws.push(`${owner}: ${revision}, made from ${base}, was acknowledged and is lost`)
    if (outcome === 'refused' && chain.has(revision)) flaws.push(`${owner}: ${revision} was refused and is there`)
  }
  return flaws
}
