import { describe } from 'vitest'
import { temporaryFolder } from '../storage/sqlite/support/folder.js'
import { writersTest } from './support/writing.js'

const file = temporaryFolder()

describe('several processes on SQLite, one of them stopped in the midst of a commit', () =>
  writersTest(() => `sqlite:${file('writers.db')}`, false))
