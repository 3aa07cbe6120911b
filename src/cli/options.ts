/** Options that several commands have, and what they may be. */

export const SUBSCRIPTIONS = ['none', 'to', 'from', 'both'] as const

/** Of whatever asks first. */
export const FORCE = { force: { type: 'flag', short: 'f', description: 'Do not ask' } } as const

export const JSON_ARRAY = { json: { type: 'flag', description: 'One JSON array' } } as const

/** Of whatever can write its result to a file. */
export const OUT = {
  out: {
    type: 'text',
    short: 'o',
    value: 'FILE',
    completes: 'file',
    description:
      'Write to this file, whole or not at all, for your eyes alone when it is new (- for the standard output)',
  },
} as const

/** Of whatever makes many changes. */
export const RATE = {
  rate: { type: 'number', value: 'N', min: 0.01, max: 10_000, description: 'Make at most N changes per second' },
} as const
