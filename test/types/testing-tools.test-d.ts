import { describe as nodeDescribe, it as nodeIt, test as nodeTest } from 'node:test'
import { describe, expectTypeOf, it, test } from 'vitest'
import type { Clock, RosterOptions, RosterStorage } from '../../src/index.js'
import {
  type ContractRunner,
  faultyStorage,
  type ManualClock,
  manualClock,
  type StorageFault,
  storageContract,
} from '../../src/testing.js'

/** As they were designed: whoever wrote against that compiles. */
interface Designed {
  storageContract(
    runner: {
      readonly describe: (title: string, body: () => void) => void
      readonly test: (title: string, body: () => Promise<void>) => void
    },
    open: (name: string) => Promise<RosterStorage>,
  ): void
  faultyStorage(
    storage: RosterStorage,
    plan: (call: {
      readonly n: number
      readonly method: string
    }) => 'fail-before' | 'fail-after' | { readonly delay: number } | undefined,
  ): RosterStorage
  manualClock(start?: number): Clock & { advance(ms: number): Promise<void> }
}

test('the contract, the faults and the clock are as they were designed, or take and give more (promise 27)', () => {
  expectTypeOf(storageContract).toExtend<Designed['storageContract']>()
  expectTypeOf(faultyStorage).toExtend<Designed['faultyStorage']>()
  expectTypeOf(manualClock).toExtend<Designed['manualClock']>()
})

test('a runner is what vitest and node:test have', () => {
  expectTypeOf({ describe, test }).toExtend<ContractRunner>()
  expectTypeOf({ describe, test: it }).toExtend<ContractRunner>()
  expectTypeOf({ describe: nodeDescribe, test: nodeTest }).toExtend<ContractRunner>()
  expectTypeOf({ describe: nodeDescribe, test: nodeIt }).toExtend<ContractRunner>()
})

test('a manual clock is a clock for a roster', () => {
  expectTypeOf<{ readonly clock: ManualClock }>().toExtend<RosterOptions>()
  expectTypeOf(manualClock()).toEqualTypeOf<ManualClock>()
})

test('a plan knows the methods of a storage, and says one of few things', () => {
  expectTypeOf(faultyStorage).parameter(1).parameter(0).toHaveProperty('method').toEqualTypeOf<keyof RosterStorage>()
  expectTypeOf(faultyStorage).parameter(1).returns.toEqualTypeOf<StorageFault | undefined>()
  const storage = {} as RosterStorage
  // @ts-expect-error: no such method
  faultyStorage(storage, ({ method }) => (method === 'comit' ? 'fail-before' : undefined))
  // @ts-expect-error: no such fault
  faultyStorage(storage, () => 'fail')
})
