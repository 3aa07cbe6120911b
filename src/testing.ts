export { type ManualClock, manualClock } from './testing/clock.js'
export { type ContractRunner, storageContract } from './testing/contract/contract.js'
export {
  type FaultyStorageOptions,
  faultyStorage,
  type StorageCall,
  type StorageFault,
  type StorageFaultPlan,
} from './testing/faulty-storage.js'
export type { TestServerEntry } from './testing/post.js'
export type { TestServerQuirks } from './testing/quirks.js'
export { TestServer, type TestServerAddress, type TestServerOptions } from './testing/server.js'
