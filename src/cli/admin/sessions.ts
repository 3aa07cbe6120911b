import type { EjabberdSessions } from '../../admin.js'
import { RosterError } from '../../core/errors.js'
import { isShow, type PresenceInit } from '../../core/presence.js'
import { usage } from '../errors.js'
import { spoken } from '../spoken.js'
import { plain } from '../text.js'
import { underWay } from '../under-way.js'
import { type Opened, operation, type Place } from './place.js'

/** @throws {RosterError} `UNSUPPORTED` before anything is opened */
function needsSessions(place: Place): void {
  if (!place.hasSessions) throw noSessions(`"admin ${place.name}"`)
}

const noSessions = (who: string): RosterError =>
  new RosterError('UNSUPPORTED', `${who} knows nothing of sessions: only "admin ejabberd" does.`)

function sessionsIn({ sessions }: Opened): EjabberdSessions {
  if (sessions === undefined) throw noSessions('This place')
  return sessions
}

const presence = operation({
  name: 'presence',
  summary: 'Announce presence in the name of a session (ejabberd only)',
  details: 'Until the client says something else. A session that is not there is exit code 16.',
  arguments: [
    { name: 'SESSION', description: 'A full JID' },
    { name: 'SHOW', description: 'One of online, chat, away, xa, dnd and offline' },
  ],
  options: {
    status: { type: 'text', value: 'TEXT', description: 'Words for people' },
    priority: {
      type: 'text',
      value: 'N',
      description: 'From -128 to 127 (default 0); a negative one as --priority=-1',
    },
  },
  example: 'juliet@example.com/balcony away --status "At sea"',
  check({ options, words: [, show = ''] }, place) {
    needsSessions(place)
    saidBy(show, options)
  },
  async run(opened, context, { options, words: [jid = '', show = ''] }) {
    const sessions = sessionsIn(opened)
    await underWay(context, () => sessions.setPresence(jid, saidBy(show, options), opened.call))
    context.out.line(plain(`${jid} is ${show}`))
    return undefined
  },
})

interface Words {
  readonly status: string | undefined
  readonly priority: string | undefined
}

/** @throws {CommandError} `USAGE` */
function saidBy(show: string, { status, priority = '0' }: Words): PresenceInit {
  const words = status === undefined ? {} : { status: spoken(status, '--status') }
  if (show === 'offline') return { type: 'unavailable', ...words }
  if (show !== 'online' && !isShow(show))
    throw usage(`SHOW is online, chat, away, xa, dnd or offline, but "${plain(show)}" came.`)
  if (!/^-?\d{1,3}$/.test(priority) || Number(priority) < -128 || Number(priority) > 127)
    throw usage('--priority is a whole number from -128 to 127.')
  return { ...(isShow(show) ? { show } : {}), ...words, priority: Number(priority) }
}

const message = operation({
  name: 'message',
  summary: "Send a chat message in somebody's name (ejabberd only)",
  arguments: [
    { name: 'FROM', description: 'Who says it' },
    { name: 'TO', description: 'Who is to read it' },
    { name: 'TEXT', description: 'What is said' },
  ],
  options: {},
  example: 'admin@example.com juliet@example.com "We restart at noon."',
  check({ words: [, , text = ''] }, place) {
    needsSessions(place)
    if (spoken(text, 'TEXT') === '') throw usage('TEXT is empty: there is nothing to send.')
  },
  async run(opened, context, { words: [from = '', to = '', text = ''] }) {
    const sessions = sessionsIn(opened)
    await underWay(context, () => sessions.sendMessage(from, to, text, opened.call))
    context.out.line(plain(`Sent to ${to}`))
    return undefined
  },
})

/** What is done with sessions, in the order of the help. */
export const SESSION_OPERATIONS = [presence, message]
