import { inWords, RosterError } from '../core/errors.js'
import type { Draft } from './book.js'

/** Decides against a draft; returns what is to be told once it is stored. It may run again after a conflict. */
export type Decide = (draft: Draft) => (() => void) | undefined

/** What waits for its turn. */
export interface Task {
  readonly decide: Decide
  readonly fail: (error: RosterError) => void
}

/** What a task has decided, or why it could not. */
export interface Told {
  readonly task: Task
  readonly tell?: (() => void) | undefined
  readonly error?: RosterError
}

/** Each on top of what the ones before it decided; one that cannot be decided fails alone. */
export function decideAll(tasks: readonly Task[], draft: Draft): readonly Told[] {
  return tasks.map((task) => {
    try {
      return { task, tell: task.decide(draft) }
    } catch (cause) {
      if (cause instanceof RosterError) return { task, error: cause }
      return {
        task,
        error: new RosterError('STANZA_INVALID', `This could not be decided: ${inWords(cause)}`, { cause }),
      }
    }
  })
}
