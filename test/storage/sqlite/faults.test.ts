import { describe, test } from 'vitest'
import { openDatabase } from './support/database.js'
import { faultPromises } from './support/faults.js'
import { temporaryFolder } from './support/folder.js'

describe('SqliteStorage', () => faultPromises({ describe, test }, { file: temporaryFolder(), open: openDatabase }))
