import type { Context } from './context.js'

/** What a shell can offer for an argument or an option's value. */
export type Completes = 'account' | 'contact' | 'file' | 'group'

interface OptionText {
  /** One letter, for `-n`. */
  readonly short?: string
  /** One line for the help, without a full stop. */
  readonly description: string
}

/** One option of a command; its name is its key in the table. */
export type Option = OptionText &
  (
    | { readonly type: 'flag' }
    /** As often as it is given: `-vv` is 2. */
    | { readonly type: 'count' }
    /** `value`: what stands for the value in the help. */
    | { readonly type: 'text'; readonly value: string; readonly completes?: Completes }
    /** May be given several times. */
    | { readonly type: 'texts'; readonly value: string; readonly completes?: Completes }
    | { readonly type: 'number'; readonly value: string; readonly min: number; readonly max: number }
    | { readonly type: 'choice'; readonly values: readonly string[] }
  )

/** The options of a command, by their long names. */
export type OptionTable = Readonly<Record<string, Option>>

type ValueOf<O> = O extends { readonly type: 'flag' }
  ? boolean
  : O extends { readonly type: 'count' }
    ? number
    : O extends { readonly type: 'texts' }
      ? readonly string[]
      : O extends { readonly type: 'number' }
        ? number | undefined
        : O extends { readonly type: 'choice'; readonly values: readonly (infer V)[] }
          ? V | undefined
          : string | undefined

/** What was given: a flag that was not is `false`, a count 0, texts an empty list, anything else `undefined`. */
export type Values<O extends OptionTable> = { readonly [Name in keyof O]: ValueOf<O[Name]> }

/** One word behind a command. */
export interface Argument {
  /** What stands for it in the help: `JID`. */
  readonly name: string
  /** One line for the help, without a full stop. */
  readonly description: string
  readonly optional?: boolean
  /** This and any number more; only the last one may. */
  readonly many?: boolean
  readonly completes?: Completes
}

/** A command line, taken apart. */
export interface Input<O extends OptionTable> {
  readonly options: Values<O>
  /** As many as the command's `arguments` allow. */
  readonly words: readonly string[]
}

/**
 * One command: the table that parsing, help, errors of usage and completions are made from. Commands below it (`groups
 * rename`) are commands themselves; one that has both a `run` and `commands` runs when none of them is named.
 */
export interface Command<O extends OptionTable = OptionTable> {
  readonly name: string
  /** One line, without a full stop. */
  readonly summary: string
  /** What the summary does not say: whole sentences. */
  readonly details?: string
  readonly arguments?: readonly Argument[]
  readonly options?: O
  /** Command lines without the name of the program, the most useful one first. */
  readonly examples: readonly [string, ...string[]]
  readonly commands?: readonly Command[]
  /** What it returns is the exit code; nothing is 0. */
  run?(context: Context, input: Input<O>): Promise<number | undefined>
}

/** Says what a command is, and learns the types of its options from it. */
export const command = <const O extends OptionTable>(described: Command<O>): Command => described
