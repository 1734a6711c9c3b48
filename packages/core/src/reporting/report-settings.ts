/** When usage is reported, and what becomes of usage that cannot be. See `ReportOptions`. */
import type { UnansweredUsage } from '../ledger/usage/batch.ts'

export interface ReportSettings {
  readonly intervalMs: number
  readonly maxPending: number
  readonly ambiguous: UnansweredUsage
  readonly late: 're-stamp' | 'give-up'
}
