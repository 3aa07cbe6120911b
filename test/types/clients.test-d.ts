import { expectTypeOf, test } from 'vitest'
import { type ClientAccess, Clients, type Revocation } from '../../src/clients.js'
import type { CallOptions, XmppEntity } from '../../src/index.js'

declare const entity: XmppEntity
declare const clients: Clients

test('clients need a connection and nothing else', () => {
  expectTypeOf(Clients).toBeConstructibleWith(entity)
  // @ts-expect-error: not a roster's option
  expectTypeOf(Clients).toBeConstructibleWith(entity, { storage: undefined })
})

test('a list is to be read, not to be written', () => {
  expectTypeOf(clients.list).toEqualTypeOf<(options?: CallOptions) => Promise<readonly ClientAccess[]>>()
  expectTypeOf<ClientAccess>().toExtend<{
    readonly id: string
    readonly type: 'session' | 'access'
    readonly connected: boolean
    readonly firstSeen: Date | undefined
    readonly lastSeen: Date | undefined
    readonly auth: readonly ('password' | 'grant' | 'fast')[]
    readonly software: string | undefined
    readonly uri: string | undefined
    readonly device: string | undefined
  }>()
})

test('a revocation has four ends', () => {
  expectTypeOf(clients.revoke).toEqualTypeOf<(id: string, options?: CallOptions) => Promise<Revocation>>()
  expectTypeOf<Revocation>().toEqualTypeOf<'revoked' | 'absent' | 'disconnected' | 'password-reset-required'>()
})
