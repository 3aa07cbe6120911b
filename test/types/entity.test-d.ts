import { type Client, client } from '@xmpp/client'
import { expectTypeOf, test } from 'vitest'
import { Roster, type RosterOptions, type XmppEntity } from '../../src/index.js'

test('the client of xmpp.js is an entity as it is (promise 27)', () => {
  expectTypeOf<Client>().toExtend<XmppEntity>()
  expectTypeOf<ReturnType<typeof client>>().toExtend<XmppEntity>()
  expectTypeOf(Roster).toBeConstructibleWith(client({ service: 'xmpp://example.com' }))
})

test('what is no entity is none', () => {
  expectTypeOf<{ readonly send: () => void }>().not.toExtend<XmppEntity>()
  // @ts-expect-error: options do not make a connection
  expectTypeOf(Roster).toBeConstructibleWith({ service: 'xmpp://example.com' })
})

test('options are exact: no other names, no undefined, no other values', () => {
  expectTypeOf<{ readonly autoAuthorize: true; readonly presence: false }>().toExtend<RosterOptions>()
  // @ts-expect-error: no such option
  const misspelt: RosterOptions = { autoAuthorise: true }
  // @ts-expect-error: left out is not undefined
  const undefinedOption: RosterOptions = { timeout: undefined }
  // @ts-expect-error: no such show
  const show: RosterOptions = { presence: { show: 'busy' } }
  // @ts-expect-error: no such decision
  const decision: RosterOptions = { autoAuthorize: () => 'accept' }
  // @ts-expect-error: a decision is what a policy says, not an option
  const constant: RosterOptions = { autoAuthorize: 'authorize' }
  expectTypeOf([misspelt, undefinedOption, show, decision, constant]).toBeArray()
})

test('owners are a list, a set or a predicate: never a bare string, whose letters would be taken for JIDs', () => {
  expectTypeOf<{ readonly owners: readonly ['bot@gateway.example'] }>().toExtend<RosterOptions>()
  expectTypeOf<{ readonly owners: ReadonlySet<string> }>().toExtend<RosterOptions>()
  expectTypeOf<{ readonly owners: (owner: string) => Promise<boolean> }>().toExtend<RosterOptions>()
  expectTypeOf<{ readonly owners: string }>().not.toExtend<RosterOptions>()
  // @ts-expect-error: a bare string
  const bare: RosterOptions = { owners: 'bot@gateway.example' }
  expectTypeOf(bare).toExtend<object>()
})
