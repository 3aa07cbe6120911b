import { describeDatabase } from '../databases/describe.js'
import { writersTest } from './support/writing.js'

describeDatabase(
  'postgres',
  'several processes on PostgreSQL, stopped and disconnected in the midst of commits',
  (server) => writersTest(() => server().url, true),
)
