import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy in front of a database: it can take an answer away, together with the connection. */
export interface Proxy {
  readonly port: number
  /**
   * The next statement that contains this text is carried out, but its answer never comes: the connection breaks in the
   * moment when the server has spoken. Resolves then.
   */
  cutAnswerTo(text: string): Promise<void>
  close(): Promise<void>
}

interface Trap {
  readonly text: string
  sprung(): void
}

export async function startProxy(target: number): Promise<Proxy> {
  const sockets = new Set<Socket>()
  let trap: Trap | undefined
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    let caught: Trap | undefined
    const end = (): void => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', end)
      socket.on('close', () => {
        sockets.delete(socket)
        end()
      })
    }
    client.on('data', (data) => {
      if (trap !== undefined && data.includes(trap.text)) {
        caught = trap
        trap = undefined
      }
      upstream.write(data)
    })
    upstream.on('data', (data) => {
      if (caught === undefined) {
        client.write(data)
        return
      }
      end()
      caught.sprung()
      caught = undefined
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('A TCP server without a port')
  return {
    port: address.port,
    cutAnswerTo: (text) => new Promise((resolve) => (trap = { text, sprung: resolve })),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
