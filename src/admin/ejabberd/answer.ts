import { RosterError } from '../../core/errors.js'
import { shorten } from '../../core/text.js'

/** What came back over HTTP. */
export interface HttpAnswer {
  readonly status: number
  readonly type: string
  readonly text: string
}

/** The stanza error condition (RFC 6120 §8.3.3) that says the same as the HTTP status. */
const CONDITIONS: ReadonlyMap<number, string> = new Map([
  [400, 'bad-request'],
  [401, 'not-authorized'],
  [403, 'forbidden'],
  [404, 'item-not-found'],
  [405, 'not-allowed'],
  [409, 'conflict'],
  [429, 'policy-violation'],
  [500, 'internal-server-error'],
  [501, 'feature-not-implemented'],
  [503, 'service-unavailable'],
])

/** Statuses by which a proxy says that it has waited too long for what is behind it: RFC 9110 §15.6.5, and a word of its own. */
const TOO_LATE: ReadonlySet<number> = new Set([504, 524])

/** ejabberd's own codes for a command that is not there, beside the status 404. */
const NO_SUCH_COMMAND: ReadonlySet<unknown> = new Set([40, 44])

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What the body says; `undefined`: it is no JSON. */
export function parseBody({ text }: HttpAnswer): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What ejabberd answered when it did the command; its three ways to say that it did not are thrown. */
export function resultOf(answer: HttpAnswer, command: string): unknown {
  const { status } = answer
  // A browser tells nothing of a redirect that it may not follow: its status is 0.
  if (status === 0 || (status >= 300 && status < 400))
    throw new RosterError('STANZA_INVALID', `ejabberd answered ${command} with a redirect, which is not followed.`)
  // All others from 500 on are a proxy's: ejabberd's own that say no are known.
  if (status >= 500 && !CONDITIONS.has(status)) throw astray(answer, command)
  const body = parseBody(answer)
  if (status < 200 || status >= 400) throw refusal(answer, command, body)
  if (body === undefined)
    throw new RosterError('STANZA_INVALID', `ejabberd answered ${command} with ${describe(answer)}.`)
  if (isObject(body) && body['status'] === 'error') throw refusal({ ...answer, status: 400 }, command, body)
  // `rescode`: the command ran and says that it failed, with a status that says it did not.
  if (body === 1) throw refused(`ejabberd says that ${command} has failed.`, 'undefined-condition')
  return body
}

function refusal(answer: HttpAnswer, command: string, body: unknown): RosterError {
  const { status } = answer
  if (status === 404 && isObject(body) && NO_SUCH_COMMAND.has(body['code']))
    return new RosterError('UNSUPPORTED', `ejabberd has no command ${command}: is mod_admin_extra loaded?`)
  if (status === 404 && body === undefined)
    return new RosterError('UNSUPPORTED', 'ejabberd has no HTTP API at this address: does `request_handlers` name it?')
  const words = isObject(body) ? body['message'] : body
  const said = typeof words === 'string' ? `"${shorten(words, 160)}"` : describe(answer)
  // ejabberd's own crash is told as JSON; a page is somebody else's.
  const isUnknown = status === 500 && body === undefined
  const condition = (isUnknown ? undefined : CONDITIONS.get(status)) ?? 'undefined-condition'
  return refused(`ejabberd refused ${command} (HTTP ${status}): ${said}.`, condition)
}

/** What stands in front of ejabberd had no answer of it to pass on. */
function astray(answer: HttpAnswer, command: string): RosterError {
  const { status } = answer
  const code = TOO_LATE.has(status) ? 'TIMED_OUT' : 'NOT_CONNECTED'
  const message = `A proxy answered ${command} in place of ejabberd (HTTP ${status}), with ${describe(answer)}; whether ejabberd has done it is not known.`
  return new RosterError(code, message)
}

const refused = (message: string, condition: string): RosterError => new RosterError('REFUSED', message, { condition })

/** A body that is not shown: it may be a page of thousands of lines. */
function describe({ type, text }: HttpAnswer): string {
  if (text.trim() === '') return 'nothing'
  return `${text.length} characters that are no answer of its API (${shorten(type, 40) || 'of no type'})`
}

/** An answer that ejabberd's documents do not know. */
export const senseless = (command: string, expected: string): RosterError =>
  new RosterError('STANZA_INVALID', `ejabberd should answer ${command} with ${expected}, but something else came.`)
