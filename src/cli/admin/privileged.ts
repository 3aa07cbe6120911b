import { inWords } from '../../core/errors.js'
import { withComponent } from '../connected.js'
import { fileInvalid, usage } from '../errors.js'
import { readText, type Text } from '../files.js'
import { ownerIn } from '../jids.js'
import type { Place } from './place.js'

const OPTIONS = {
  owners: {
    type: 'text',
    value: 'FILE',
    completes: 'file',
    description: 'Whose rosters there are, a JID in each line: servers do not tell (- for the standard input)',
  },
} as const

export const privileged: Place<typeof OPTIONS> = {
  name: 'privileged',
  summary: "The rosters of a server's accounts, as a component that may manage them (XEP-0356)",
  details:
    'Prosody and ejabberd let a component do that with mod_privilege. The component is that of --component (with XMPP_SERVICE and\n' +
    'XMPP_PASSWORD) or --account. It takes the place of a component of that name that is connected already, or is refused.\n' +
    'ejabberd does not write subscriptions this way: "admin ejabberd" does.',
  example: '--component admin.example.com',
  options: OPTIONS,
  hasSessions: false,
  async withOpened(context, { owners: path }, work) {
    const owners = path === undefined ? unnamed() : jidsIn(await readText(path, context))
    const { privilegedAdmin } = await import('../../admin.js')
    return withComponent(
      context,
      (entity) => privilegedAdmin(entity, { owners }),
      ({ made: admin, call }) => work({ admin, sessions: undefined, call }),
    )
  },
}

/** Whoever needs the owners is told how to say them. */
// biome-ignore lint/correctness/useYield: there is nothing to yield
async function* unnamed(): AsyncGenerator<string> {
  throw usage('Whose rosters are there? Servers do not tell: --owners FILE names them.')
}

/** @throws {CommandError} `FILE_INVALID` with the number of the line */
const jidsIn = ({ text, where }: Text): readonly string[] =>
  text.split(/\r?\n/).flatMap((line, at) => {
    const word = line.trim()
    try {
      return word === '' ? [] : [ownerIn(word)]
    } catch (cause) {
      throw fileInvalid(`${where}, line ${at + 1}: ${inWords(cause)}`, cause)
    }
  })
