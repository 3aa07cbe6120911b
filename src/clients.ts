export type { ClientAccess, Revocation } from './clients/access.js'
export { Clients, type ClientsOptions } from './clients/clients.js'
