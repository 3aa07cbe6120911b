export {
  type ClientOptions,
  type ComponentOptions,
  connectClient,
  connectComponent,
  cut,
  errorsOf,
  type FreshUser,
  freshUser,
  makeClient,
  makeComponent,
  stopAll,
  stopEntity,
  xml,
} from './connect.js'
export { describeServers, type ServerFixture, type SuiteOptions } from './describe.js'
export { startEjabberd } from './ejabberd.js'
export { bareOf, jidOf, type TestClient, type TestComponent, type TestEntity } from './entity.js'
export { startProsody } from './prosody.js'
export { type Recorded, type Recording, record, until } from './record.js'
export { settled } from './settle.js'
export {
  ACCOUNTS,
  PASSWORD,
  type RosterEntry,
  type ServerKind,
  type ServerOptions,
  type Subscription,
  type TestedServer,
} from './types.js'
