import { connect } from 'node:net'

const ATTEMPT_MS = 2000

const HEADER =
  "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' " +
  "xmlns:stream='http://etherx.jabber.org/streams'>"

const attempt = (port: number, send: string, answered: (text: string) => boolean): Promise<boolean> =>
  new Promise((resolve) => {
    let text = ''
    const socket = connect({ port, host: '127.0.0.1' })
    const end = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(ATTEMPT_MS, () => end(false))
    socket.on('error', () => end(false))
    socket.on('close', () => end(false))
    socket.on('connect', () => {
      socket.write(send)
      if (answered(text)) end(true)
    })
    socket.on('data', (data) => {
      text += data.toString('latin1')
      if (answered(text)) end(true)
    })
  })

/** Whether a client could log in now. ejabberd accepts connections 400 ms before it answers, so a connect is not enough. */
export const offersFeatures = (port: number): Promise<boolean> =>
  attempt(port, HEADER, (text) => text.includes('<stream:features'))

/** Whether anybody listens at all. */
export const listens = (port: number): Promise<boolean> => attempt(port, '', () => true)
