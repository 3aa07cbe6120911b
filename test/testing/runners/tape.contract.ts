import tape from 'tape'
import { storageContract } from '../../../src/testing.js'
import { open } from './open.js'

storageContract(
  {
    describe: (_title, body) => body(),
    test: (title, body) =>
      tape(title, async (t) => {
        await body()
        t.pass('kept')
      }),
  },
  open,
)
