export { type ManualClock, manualClock } from './testing/clock.js'
export { type ContractRunner, storageContract } from './testing/contract/contract.js'
