import { expectTypeOf, test } from 'vitest'
import { type EjabberdOptions, type EjabberdSessions, ejabberdAdmin, type RosterAdmin } from '../../src/admin.js'
import type { PresenceInit } from '../../src/index.js'

test('ejabberd is one place of rosters, and has sessions besides', () => {
  expectTypeOf(ejabberdAdmin).parameters.toEqualTypeOf<[options: EjabberdOptions]>()
  expectTypeOf(ejabberdAdmin).returns.toExtend<RosterAdmin>()
  expectTypeOf(ejabberdAdmin).returns.toExtend<EjabberdSessions>()
  expectTypeOf<EjabberdSessions['setPresence']>().parameter(1).toEqualTypeOf<PresenceInit>()
  expectTypeOf<EjabberdSessions['connected']>().returns.resolves.toEqualTypeOf<readonly string[]>()
})

test('only the address is needed', () => {
  expectTypeOf<{ url: string }>().toExtend<EjabberdOptions>()
  expectTypeOf<{ username: string; password: string }>().not.toExtend<EjabberdOptions>()
  expectTypeOf<{ url: string; fetch: typeof fetch }>().toExtend<EjabberdOptions>()
})
