import type { BulkOptions, ClearScope } from '../../admin.js'
import { showBulk } from '../bulk.js'
import type { Context } from '../context.js'
import { cancelled, EXIT, errorLine } from '../errors.js'
import { domainIn, ownerIn } from '../jids.js'
import { FORCE, RATE } from '../options.js'
import { PROGRAM } from '../program.js'
import { confirm } from '../prompt.js'
import { amountOf, plain } from '../text.js'
import { exactlyOne } from './operations.js'
import { type Opened, operation } from './place.js'

/** What there is to remove. */
interface Found {
  readonly items: number
  readonly owners: number
  /** One line for each roster that could not be read. */
  readonly failures: readonly string[]
}

export const clearing = operation({
  name: 'clear',
  summary: 'Remove all items of an owner, of the owners of a domain, or of everybody',
  details:
    'Counts first, and asks. What cannot be removed is said and left, and the rest is done (exit code 1 then); after Ctrl-C the same\n' +
    'command goes on with what is left.',
  arguments: [{ name: 'OWNER', description: 'Whose roster', optional: true }],
  options: {
    domain: { type: 'text', value: 'DOMAIN', description: 'The rosters of all owners of this domain' },
    all: { type: 'flag', description: 'All rosters' },
    'dry-run': { type: 'flag', description: 'Only count' },
    ...RATE,
    ...FORCE,
  },
  example: '--domain example.com --dry-run',
  check({ options, words }) {
    exactlyOne(
      [words.length > 0, options.domain !== undefined, options.all],
      'Whose? OWNER, --domain or --all says it.',
    )
  },
  async run(opened, context, { options, words: [owner] }) {
    const scope = scopeOf(owner, options.domain)
    const found = await count(opened, scope, context)
    const { items, owners } = found
    if (options['dry-run']) return told(found, context)
    if (items === 0 && found.failures.length === 0) {
      context.out.line('Nothing to do.')
      return undefined
    }
    if (!options.force) await confirm(`Remove ${amountOf(items, 'item')} of ${amountOf(owners, 'owner')}?`, context)
    const { clear } = await import('../../admin.js')
    const work = (bulk: BulkOptions): ReturnType<typeof clear> => clear(opened.admin, { ...scope, ...bulk })
    const { signal } = opened.call
    return showBulk(context, { title: 'Removing', total: items, signal, rate: options.rate, work })
  },
})

function scopeOf(owner: string | undefined, domain: string | undefined): ClearScope {
  if (owner !== undefined) return { owner: ownerIn(owner) }
  return domain === undefined ? { all: true } : { domain: domainIn(domain, '--domain') }
}

async function count({ admin, call }: Opened, scope: ClearScope, context: Context): Promise<Found> {
  const { clear } = await import('../../admin.js')
  const owners = new Set<string>()
  const onProgress: BulkOptions['onProgress'] = ({ owner, error }) => {
    if (error === undefined) owners.add(owner)
  }
  const { done, errors, stopped } = await clear(admin, { ...scope, ...call, dryRun: true, onProgress })
  if (stopped) throw context.signal.aborted ? cancelled('Cancelled; nothing was removed.') : call.signal.reason
  return {
    items: done,
    owners: owners.size,
    failures: errors.map(({ owner, error }) => `${errorLine(error)} (${plain(owner)})`),
  }
}

function told({ items, owners, failures }: Found, { out, err }: Context): number {
  for (const line of failures) err.line(`${PROGRAM}: ${line}`)
  out.line(`${amountOf(items, 'item')} of ${amountOf(owners, 'owner')} would be removed.`)
  return failures.length === 0 ? EXIT.ok : EXIT.failed
}
