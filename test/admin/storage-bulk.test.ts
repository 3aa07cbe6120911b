import { describe } from 'vitest'
import { storageAdmin } from '../../src/admin.js'
import { MemoryStorage } from '../../src/index.js'
import { operating } from './support/operating.js'

describe("What an operator does, in a component's storage", () => {
  operating(async () => ({
    admin: storageAdmin(new MemoryStorage()),
    people: ['romeo@bots.example', 'juliet@bots.example', 'nurse@bots.example', 'paris@bots.example'],
  }))
})
