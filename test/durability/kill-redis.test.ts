import { describeDatabase } from '../databases/describe.js'
import { deathTest } from './support/deaths.js'

describeDatabase('durableRedis', 'a component on Redis, each write in its file', (server) =>
  deathTest(() => server().url),
)
