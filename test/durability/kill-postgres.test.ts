import { describeDatabase } from '../databases/describe.js'
import { deathTest } from './support/deaths.js'

describeDatabase('postgres', 'a component on PostgreSQL', (server) => deathTest(() => server().url))
