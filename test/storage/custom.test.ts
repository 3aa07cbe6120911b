import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HttpStorage } from '../../examples/custom-storage.js'
import { RosterError } from '../../src/index.js'
import { storageContract } from '../../src/testing.js'

/** Documents by key, with the conditional requests of RFC 9110 §13: what is compared and written is one step. */
class Documents {
  readonly #all = new Map<string, string>()

  readonly answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const key = `${url.pathname} ${url.searchParams.get('owner')}`
    const body = await text(request)
    if (url.searchParams.has('owner')) this.#one(key, request, response, body)
    else response.end(JSON.stringify(this.#keys(`${url.pathname} `)))
  }

  #one(key: string, { method, headers }: IncomingMessage, response: ServerResponse, body: string): void {
    const document = this.#all.get(key)
    const etag = document === undefined ? undefined : `"${createHash('sha256').update(document).digest('hex')}"`
    const holds = headers['if-none-match'] === '*' ? etag === undefined : headers['if-match'] === etag
    if (method !== 'GET' && !holds) response.writeHead(412).end()
    else if (method === 'PUT') response.end(void this.#all.set(key, body))
    else if (document === undefined || etag === undefined) response.writeHead(404).end()
    else if (method === 'DELETE') response.end(void this.#all.delete(key))
    else response.setHeader('etag', etag).end(document)
  }

  #keys(start: string): readonly string[] {
    return [...this.#all.keys()].filter((key) => key.startsWith(start)).map((key) => key.slice(start.length))
  }
}

const documents = new Documents()
const server = createServer((request, response) => void documents.answer(request, response))
let url = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

describe('examples/custom-storage.ts', () => {
  storageContract({ describe, test }, async (name) => new HttpStorage(`${url}/${name}`))

  test('tells of a service that is in trouble: the library makes STORAGE_FAILED of it', async () => {
    const broken = createServer((_, response) => void response.writeHead(503).end())
    await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve))
    const storage = new HttpStorage(`http://127.0.0.1:${(broken.address() as AddressInfo).port}/`)
    const change = { base: undefined, revision: 'r' }
    const error: unknown = await storage.commit('romeo@example.net', change).catch((reason: unknown) => reason)
    broken.close()
    expect(error).not.toBeInstanceOf(RosterError)
    expect(String(error)).toContain('503')
  })

  test('is about forty lines', () => {
    const whole = readFileSync(new URL('../../examples/custom-storage.ts', import.meta.url), 'utf8')
    const adapter = /^export class [\s\S]*?^}/m.exec(whole)?.[0].split('\n') ?? []
    expect(adapter.length).toBeGreaterThan(20)
    expect(adapter.filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(45)
  })
})
