import { measurePresence } from './support/presence.mjs'

await measurePresence('component')
process.exit()
