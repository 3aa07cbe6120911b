import { clearing } from '../admin/clear.js'
import { ejabberd } from '../admin/ejabberd.js'
import { ITEM_OPERATIONS } from '../admin/operations.js'
import { commandFor, type Place } from '../admin/place.js'
import { privileged } from '../admin/privileged.js'
import { SESSION_OPERATIONS } from '../admin/sessions.js'
import { storage } from '../admin/storage.js'
import type { Command } from '../command.js'

const OPERATIONS = [...ITEM_OPERATIONS, clearing, ...SESSION_OPERATIONS]

const placeCommand = (place: Place): Command => {
  const { name, summary, details, options, example } = place
  return {
    name,
    summary,
    details,
    // They may stand before the command as well.
    options,
    examples: [`admin ${name} owners ${example}`, `admin ${name} list ${example} juliet@example.com`],
    commands: OPERATIONS.map((one) => commandFor(place, one)),
  }
}

export const admin: Command = {
  name: 'admin',
  summary: 'Rosters of many owners, from outside',
  details: 'Three places know of them; the commands are the same everywhere.',
  examples: [
    'admin ejabberd owners --url https://xmpp.example.com:5443/api',
    'admin storage pairs --storage rosters.sqlite',
  ],
  commands: [placeCommand(ejabberd as Place), placeCommand(privileged as Place), placeCommand(storage)],
}
