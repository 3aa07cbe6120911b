import { measurePresence } from './support/presence.mjs'

await measurePresence('client')
process.exit()
