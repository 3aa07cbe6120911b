import { RosterError } from '../../core/errors.js'

/** What the plan would change has been removed since; making it anew would undo that. */
export const gone = (owner: string, contact: string): RosterError =>
  new RosterError(
    'PLAN_REFUSED',
    `${contact} is not in the roster of ${owner} any more; it was not made anew. Plan again.`,
    { owner, contact },
  )
