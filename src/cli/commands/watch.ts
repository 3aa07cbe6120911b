import { waitFor } from '../../roster/waiting.js'
import { command } from '../command.js'
import type { Context } from '../context.js'
import { dataLineOf, type Happening, lineOf, onHappening } from '../happenings.js'
import { onQuit, Screen } from '../screen.js'
import { type Session, withRoster } from '../session.js'
import { amountOf } from '../text.js'
import { tableOf } from '../watched.js'

export const watch = command({
  name: 'watch',
  summary: 'Show who is there, and what changes, until Ctrl-C',
  details:
    'On a terminal a table that is drawn anew, elsewhere a line for everything that happens. The account becomes available for as long\n' +
    'as that takes, as "xa" and with a negative priority, so that no messages come here: servers tell of presence only then.\n' +
    'q or Ctrl-C ends it, which is no failure (exit code 0); a connection that is lost does, too (5).',
  options: { json: { type: 'flag', description: 'One JSON object for everything that happens, also on a terminal' } },
  examples: ['watch', 'watch --json | jq -r "select(.event == \\"presence\\")"'],
  run(context, { options }) {
    return withRoster(context, { hears: '"watch"' }, async (session) => {
      const isLive = context.out.isTerminal && context.world.env['TERM'] !== 'dumb' && !options.json
      await (isLive ? drawn(session, context) : told(session, context, options.json ? dataLineOf : lineOf))
      return undefined
    })
  },
})

async function drawn(session: Session, context: Context): Promise<void> {
  const quit = new AbortController()
  const screen = new Screen(context, () => tableOf(session, context.out, session.own.owner))
  const release = onQuit(context.world, () => quit.abort())
  try {
    onHappening(session.roster, () => screen.drawSoon())
    await untilEnd(session, context, quit.signal)
  } finally {
    release()
    screen.leave()
  }
}

type Tell = (time: Date, happening: Happening) => string

async function told(session: Session, context: Context, textOf: Tell): Promise<void> {
  const { roster, own, entity } = session
  const tell = (happening: Happening): void => {
    // Whoever is not heard of any more because the connection was lost has not left.
    if (entity?.status === 'online' && !context.signal.aborted)
      context.out.line(textOf(new Date(context.world.clock.now()), happening))
  }
  const fields = { contacts: own.size }
  tell({ event: 'started', jid: own.owner, fields, words: ` has ${amountOf(own.size, 'contact')}` })
  onHappening(roster, tell)
  await untilEnd(session, context, context.out.closed)
}

/** Announces the account and waits. Resolves when the user wants no more, or nobody reads; rejects when the connection is lost. */
async function untilEnd({ announce, call }: Session, context: Context, quit: AbortSignal): Promise<void> {
  const over = AbortSignal.any([context.signal, context.out.closed, quit])
  const forever = new Promise<never>(() => undefined)
  const signal = AbortSignal.any([call.signal, over])
  try {
    signal.throwIfAborted()
    await waitFor(announce(), { signal }, context.world.clock, 'Announcing')
    await waitFor(forever, { signal }, context.world.clock, 'Watching')
  } catch (cause) {
    if (!over.aborted) throw cause
  }
}
