export { answerRequest } from './admin/answer.js'
export type { BulkOptions, BulkProgress, BulkSummary } from './admin/bulk.js'
export type { AdminItem, AdminItemInit, RosterAdmin } from './admin/port.js'
