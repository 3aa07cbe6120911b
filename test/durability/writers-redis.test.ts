import { describeDatabase } from '../databases/describe.js'
import { writersTest } from './support/writing.js'

describeDatabase('redis', 'several processes on Redis, stopped and disconnected in the midst of commits', (server) =>
  writersTest(() => server().url, true),
)
