import type { EjabberdOptions } from '../../admin.js'
import { RosterError } from '../../core/errors.js'
import { chooseAccount } from '../choose-account.js'
import { timeoutOf } from '../connection.js'
import type { Context } from '../context.js'
import { variable } from '../environment.js'
import { usage } from '../errors.js'
import { passwordOf } from '../password.js'
import { plain } from '../text.js'
import type { Opened, Place } from './place.js'

const OPTIONS = {
  url: {
    type: 'text',
    value: 'URL',
    description: 'The address of the HTTP API, as request_handlers names it (else XMPP_ADMIN_URL)',
  },
} as const

export const ejabberd: Place<typeof OPTIONS> = {
  name: 'ejabberd',
  summary: "The rosters of an ejabberd's accounts, through its HTTP API",
  details:
    'ejabberd needs mod_http_api and mod_admin_extra, and api_permissions for whoever calls: the account that --account names or\n' +
    'XMPP_JID (with its password, as for other commands), or whoever has the token in XMPP_ADMIN_TOKEN; without any of these, nobody in\n' +
    'particular, which is enough where the permission goes by address. The default account of the configuration is not taken. Over http,\n' +
    'passwords and tokens go to this machine alone. For a certificate of your own there is NODE_EXTRA_CA_CERTS.',
  example: '--url https://xmpp.example.com:5443/api',
  options: OPTIONS,
  hasSessions: true,
  async withOpened(context, { url }, work) {
    const place = url ?? variable(context.world, 'XMPP_ADMIN_URL')
    if (place === undefined) throw usage('Where is the API? --url or XMPP_ADMIN_URL says it.')
    const { ejabberdAdmin } = await import('../../admin.js')
    const admin = ejabberdAdmin(await optionsOf(addressOf(place), context))
    const opened: Opened = { admin, sessions: admin, call: { signal: context.signal, timeout: timeoutOf(context) } }
    return work(opened)
  },
}

/** @throws {CommandError} `USAGE`, without the text when it may hold a password */
function addressOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw usage('--url is the http(s) address of the API, such as https://xmpp.example.com:5443/api.')
  if (url.username !== '' || url.password !== '')
    throw usage('--url has no password in it: XMPP_JID and XMPP_PASSWORD, or an account, are for that.')
  if (url.search !== '' || url.hash !== '') throw usage('--url has neither "?" nor "#".')
  return url
}

async function optionsOf(url: URL, context: Context): Promise<EjabberdOptions> {
  const options = { url: url.href, ...(context.globals.debug ? { fetch: shown(context) } : {}) }
  const { world } = context
  const token = variable(world, 'XMPP_ADMIN_TOKEN')
  if (token !== undefined) return { ...options, token: overSafe(url, false, token) }
  const name = context.globals.account ?? variable(world, 'XMPP_ROSTER_ACCOUNT') ?? variable(world, 'XMPP_JID')
  if (name === undefined) return options
  const account = await chooseAccount(context)
  if (account.kind !== 'client') throw usage(`The API is called as an account, but ${account.domain} is a component.`)
  overSafe(url, account.insecure, '')
  return { ...options, username: account.jid, password: await passwordOf(account, context) }
}

/** What nobody else may hear is not said where others listen. */
function overSafe(url: URL, isAllowed: boolean, secret: string): string {
  const isHere = /^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname)
  if (url.protocol === 'https:' || isHere || isAllowed) return secret
  throw new RosterError(
    'NOT_CONNECTED',
    `${url.origin} offers no encryption; no password was sent. Use https. ("insecure": true of an account allows it.)`,
  )
}

/** Shows what is asked and answered: neither has a secret, which stands in the headers. */
const shown =
  ({ err }: Context): typeof fetch =>
  async (url, init) => {
    err.line(plain(`> POST ${String(url)} ${String(init?.body ?? '')}`))
    const response = await fetch(url, init)
    const text = await response.clone().text()
    err.line(plain(`< ${response.status} ${text}`))
    return response
  }
