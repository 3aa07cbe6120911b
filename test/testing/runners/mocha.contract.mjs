// In JavaScript: the types of mocha would give its globals to all other tests.
import { describe, it } from 'mocha'
import { storageContract } from '../../../src/testing.ts'
import { open } from './open.ts'

storageContract({ describe, test: it }, open)
