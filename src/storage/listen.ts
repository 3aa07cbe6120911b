/**
 * How an adapter hears of other processes: the application connects it to LISTEN, pub/sub or whatever carries short texts.
 *
 * `onMessage` gets each text that anybody sent over the channel from the moment on when the promise resolves, in order;
 * `onGap` says that texts may have been missed, after each time that the connection was lost and is there again. The
 * promise resolves once the channel is heard, with how to stop: nothing is told after that. It rejects when the channel
 * cannot be heard at all. Neither callback throws.
 */
export type Listen = (
  channel: string,
  onMessage: (text: string) => void,
  onGap: () => void,
) => Promise<() => Promise<void>>
