import { describe, test } from 'vitest'
import { storageContract } from '../../../src/testing.js'
import { open } from './open.js'

storageContract({ describe, test }, open)
