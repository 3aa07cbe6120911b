import Database from 'libsql'
import { describe, test } from 'vitest'
import { faultPromises } from './support/faults.js'
import { temporaryFolder } from './support/folder.js'

// On Node.js 22 and later `open` finds node:sqlite instead, and both look at the same files.
describe('SqliteStorage with libsql', () =>
  faultPromises({ describe, test }, { file: temporaryFolder(), open: (path) => new Database(path) }))
