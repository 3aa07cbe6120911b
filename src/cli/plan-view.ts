import type { PlannedUpdate, RosterPlan, WantedContact } from '../admin.js'
import type { Output, Style } from './output.js'
import { plain } from './text.js'

type Change = Pick<PlannedUpdate, 'name' | 'groups' | 'subscription'>

/** A plan for people: one line for each thing to do, and a line that counts them. */
export function printPlan(out: Output, plan: RosterPlan): void {
  const { add, update, remove, conflicts } = plan
  const lines: readonly (readonly [mark: string, style: Style, text: string])[] = [
    ...add.map((one): [string, Style, string] => ['+', 'green', told(one)]),
    ...update.map((one): [string, Style, string] => ['~', 'yellow', told(one)]),
    ...remove.map((jid): [string, Style, string] => ['-', 'red', jid]),
    ...conflicts.map(({ jid, reason }): [string, Style, string] => ['!', 'cyan', `${jid}  ${reason}`]),
  ]
  for (const [mark, style, text] of lines) out.line(out.styled(`${mark} ${plain(text)}`, style))
  out.line(`${countsOf(plan)}.`)
}

const countsOf = ({ add, update, remove, conflicts, unchanged }: RosterPlan): string => {
  const counts = [`${add.length} to add`, `${update.length} to change`, `${remove.length} to remove`]
  const undecided = conflicts.length === 0 ? [] : [`${conflicts.length} left to you`]
  return [...counts, ...undecided, `${unchanged} unchanged`].join(', ')
}

/** How much there is to do. */
export const sizeOf = ({ add, update, remove }: RosterPlan): number => add.length + update.length + remove.length

const told = (one: WantedContact | PlannedUpdate): string =>
  [one.jid, ...partsOf(one)].filter((part) => part !== '').join('  ')

function partsOf({ name, groups, subscription }: Change): readonly string[] {
  return [
    ...(name === undefined ? [] : [name === null || name === '' ? 'no name' : JSON.stringify(name)]),
    ...(groups === undefined ? [] : [toldGroups(groups)]),
    ...(subscription === undefined ? [] : [subscription]),
  ]
}

function toldGroups(groups: NonNullable<Change['groups']>): string {
  if ('add' in groups || 'remove' in groups) {
    const { add = [], remove = [] } = groups
    return [...add.map((group) => `+[${group}]`), ...remove.map((group) => `-[${group}]`)].join(' ')
  }
  const list = groups as readonly string[]
  return list.length === 0 ? 'no groups' : list.map((group) => `[${group}]`).join(' ')
}
