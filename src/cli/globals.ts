import type { OptionTable, Values } from './command.js'

/** The options that every command takes. */
export const GLOBAL_OPTIONS = {
  account: {
    type: 'text',
    short: 'a',
    value: 'NAME',
    completes: 'account',
    description: 'The account of the configuration to use',
  },
  component: { type: 'text', value: 'DOMAIN', description: 'Work on a roster that this component keeps' },
  owner: { type: 'text', value: 'JID', description: 'Whose roster of the component' },
  storage: {
    type: 'text',
    value: 'FILE',
    completes: 'file',
    description: "The component's SQLite file; it must be there",
  },
  timeout: {
    type: 'number',
    value: 'SECONDS',
    min: 1,
    max: 86_400,
    description: 'How long to wait for the server (default 30)',
  },
  'no-cache': { type: 'flag', description: 'Neither read nor write the cache of the roster' },
  debug: { type: 'flag', description: 'Show the stanzas on the error output' },
  help: { type: 'flag', short: 'h', description: 'Explain the command' },
} as const satisfies OptionTable

/** What was said before or behind any command. */
export type Globals = Values<typeof GLOBAL_OPTIONS>
