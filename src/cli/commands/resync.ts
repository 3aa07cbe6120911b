import { command } from '../command.js'
import { withRoster } from '../session.js'
import { amountOf } from '../text.js'

export const resync = command({
  name: 'resync',
  summary: 'Fetch the whole roster again, whatever the cache holds',
  details: "Nothing in the server's roster is changed by it.",
  options: {},
  examples: ['resync'],
  async run(context) {
    await withRoster(context, { reads: true }, async ({ own, call }) => {
      await own.resync(call)
      context.out.line(amountOf(own.size, 'contact'))
    })
    return undefined
  },
})
