import type { EjabberdSessions, RosterAdmin } from '../../admin.js'
import type { CallOptions } from '../../roster/options.js'
import type { Argument, Command, Input, OptionTable, Values } from '../command.js'
import type { Context } from '../context.js'

/** Rosters of many owners, at hand. */
export interface Opened {
  readonly admin: RosterAdmin
  /** `undefined`: this place knows nothing of sessions. */
  readonly sessions: EjabberdSessions | undefined
  /** For every call: the time that it may take, and the end of the connection or of the user's patience. */
  readonly call: CallOptions & { readonly signal: AbortSignal }
}

/** Where rosters can be managed, and how the command gets there. */
export interface Place<P extends OptionTable = OptionTable> {
  readonly name: 'ejabberd' | 'privileged' | 'storage'
  readonly summary: string
  readonly details: string
  /** Words that say where it is, for examples. */
  readonly example: string
  readonly options: P
  /** Whether it knows of sessions. */
  readonly hasSessions: boolean
  /** Opens it, works, and closes it again. */
  withOpened<T>(context: Context, options: Values<P>, work: (opened: Opened) => Promise<T>): Promise<T>
}

/** Something that can be done in every place. */
export interface Operation<O extends OptionTable> {
  readonly name: string
  readonly summary: string
  readonly details?: string
  readonly arguments?: readonly Argument[]
  readonly options: O
  /** What stands behind the words for the place. */
  readonly example: string
  /** Looks at the command line before anything is opened. @throws {CommandError} `USAGE`, {@link RosterError} `UNSUPPORTED` */
  check?(input: Input<O>, place: Place): void
  run(opened: Opened, context: Context, input: Input<O>): Promise<number | undefined>
}

/** An operation whose options have lost their types: the table of commands does not need them. */
export type AnyOperation = Operation<OptionTable>

/** Says what an operation is, and learns the types of its options from it. */
export const operation = <const O extends OptionTable>(described: Operation<O>): AnyOperation => described

/** The command that does it in this place. */
export function commandFor<P extends OptionTable>(place: Place<P>, operation: AnyOperation): Command {
  const { name, summary, details, arguments: words = [], options, example } = operation
  return {
    name,
    summary,
    ...(details === undefined ? {} : { details }),
    arguments: words,
    options: { ...options, ...place.options },
    examples: [`admin ${place.name} ${name} ${place.example} ${example}`.trimEnd()],
    run: async (context, input) => {
      operation.check?.(input, place)
      const work = (opened: Opened): Promise<number | undefined> => operation.run(opened, context, input)
      return place.withOpened(context, input.options as Values<P>, work)
    },
  }
}
