import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** One request, as it came. */
export interface Call {
  /** Behind the address of the API: `get_roster`, `get_roster/v1`. */
  readonly path: string
  readonly args: Readonly<Record<string, unknown>>
  readonly headers: IncomingMessage['headers']
}

export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** As it goes out. */
  readonly text: string
}

/** `'silence'`: never answered. `'cut'`: the connection ends in the middle of an answer. */
export type Reply = Answer | 'silence' | 'cut'
export type Answering = (call: Call) => Reply | Promise<Reply>

export interface FakeApi {
  readonly url: string
  /** Everything that came, in order. */
  readonly calls: readonly Call[]
  /** The commands that came, without the question for the dialect. */
  commands(): readonly string[]
  /** The arguments of the calls of one command. */
  args(path: string): readonly Call['args'][]
}

/** What ejabberd says as JSON. */
export const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  text: JSON.stringify(value),
})

/** Every command is done. */
export const done = json(0)

export const html = (status: number): Answer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  text: '<html><body>\n<h1>Something</h1>\n</body></html>',
})

/** How the releases answer the question for the dialect; everything else is the test's. */
export const before2402 =
  (answering: Answering): Answering =>
  (call) =>
    call.path.includes('/')
      ? json({ status: 'error', code: 40, message: 'Missing command name.' }, 400)
      : answering(call)

export const since2402 =
  (answering: Answering): Answering =>
  (call) =>
    call.path === 'get_roster/v1' && Object.keys(call.args).length === 0
      ? json('Request have missing argument: user', 400)
      : answering({ ...call, path: call.path.replace('/v1', '') })

const callOf = async (request: IncomingMessage): Promise<Call> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const args = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Call['args']
  return { path: (request.url ?? '').replace('/api/', ''), args, headers: request.headers }
}

const serve = (server: Server, answering: Answering, calls: Call[]): void => {
  server.on('request', async (request, response) => {
    const call = await callOf(request)
    calls.push(call)
    const reply = await answering(call)
    if (reply === 'silence') return
    if (reply === 'cut') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
      response.write('[', () => response.destroy())
      return
    }
    response.writeHead(reply.status ?? 200, { ...reply.headers }).end(reply.text)
  })
}

const isProbe = ({ path, args }: Call): boolean => path === 'get_roster/v1' && Object.keys(args).length === 0

/** A server on a free port of the loopback, until the test is over. */
export const fakeApi = async (
  answering: Answering,
  tls?: { readonly key: string; readonly cert: string },
): Promise<FakeApi> => {
  const calls: Call[] = []
  const server = tls === undefined ? createServer() : createSecureServer(tls)
  serve(server, answering, calls)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const { port } = server.address() as AddressInfo
  const asked = (): readonly Call[] => calls.filter((call) => !isProbe(call))
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/api`,
    calls,
    commands: () => asked().map(({ path }) => path),
    args: (path) =>
      asked()
        .filter((call) => call.path === path)
        .map(({ args }) => args),
  }
}
