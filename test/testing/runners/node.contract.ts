import { describe, test } from 'node:test'
import { storageContract } from '../../../src/testing.js'
import { open } from './open.js'

storageContract({ describe, test }, open)
