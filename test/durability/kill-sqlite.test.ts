import { describe } from 'vitest'
import { temporaryFolder } from '../storage/sqlite/support/folder.js'
import { deathTest } from './support/deaths.js'

const file = temporaryFolder()

describe('a component on SQLite', () => deathTest(() => `sqlite:${file('kill.db')}`))
