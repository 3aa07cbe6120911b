import type { Element } from 'ltx'
import { expectTypeOf, test } from 'vitest'
import type { Clock, JidLike } from '../../src/index.js'
import { TestServer, type TestServerAddress, type TestServerEntry, type TestServerQuirks } from '../../src/testing.js'

declare const server: TestServer

test('a server is made of names and secrets, and nothing else has to be said', () => {
  expectTypeOf(TestServer).toBeConstructibleWith()
  expectTypeOf(TestServer).toBeConstructibleWith({
    domain: 'verona.example',
    accounts: { romeo: 'secret' },
    components: { 'gateway.verona.example': 'secret' },
    quirks: { versioning: false },
  })
  expectTypeOf<NonNullable<ConstructorParameters<typeof TestServer>[0]>['clock']>().toEqualTypeOf<Clock | undefined>()
  // @ts-expect-error: no such quirk
  expectTypeOf(TestServer).toBeConstructibleWith({ quirks: { slow: true } })
})

test('what tests do to a server', () => {
  expectTypeOf(server.listen).toEqualTypeOf<(port?: number) => Promise<TestServerAddress>>()
  expectTypeOf<TestServerAddress>().toEqualTypeOf<{ readonly c2s: string; readonly component: string }>()
  expectTypeOf(server.addAccount).toEqualTypeOf<(username: string, password: string) => void>()
  expectTypeOf(server.addComponent).toEqualTypeOf<(domain: string, secret: string) => void>()
  expectTypeOf(server.handle).parameter(1).toEqualTypeOf<(iq: Element, from: string) => Element | undefined>()
  expectTypeOf(server.cut).toEqualTypeOf<(jid: JidLike, options?: { readonly resume?: boolean }) => void>()
  expectTypeOf(server.inject).toEqualTypeOf<(to: JidLike, xml: string) => void>()
  expectTypeOf(server.pause).toEqualTypeOf<(jid?: JidLike) => () => void>()
  expectTypeOf(server.close).toEqualTypeOf<() => Promise<void>>()
  expectTypeOf(server).toExtend<AsyncDisposable>()
})

test('the log is to be read, not to be written', () => {
  expectTypeOf(server.log).toEqualTypeOf<readonly TestServerEntry[]>()
  expectTypeOf<TestServerEntry>().toEqualTypeOf<{
    readonly at: number
    readonly direction: 'in' | 'out'
    readonly from: string
    readonly to: string
    readonly xml: string
  }>()
})

test('the quirks, all of them', () => {
  expectTypeOf<TestServerQuirks>().toEqualTypeOf<{
    readonly versioning: boolean
    readonly preApproval: boolean
    readonly pushFrom: 'none' | 'bare'
    readonly pushBeforeResult: boolean
    readonly pushBeforePresence: boolean
    readonly autoReplyUnsubscribed: boolean
    readonly resendPendingOut: boolean
    readonly probesComponents: boolean
  }>()
})
