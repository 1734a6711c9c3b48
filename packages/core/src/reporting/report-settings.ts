/** When usage is reported, and what happens to usage that cannot be reported. See `ReportOptions`. */
import type { UnansweredUsage } from '../ledger/usage/batch.ts'

export interface ReportSettings {
  readonly intervalMs: number
  readonly maxPending: number
  readonly ambiguous: UnansweredUsage
  readonly late: 're-stamp' | 'give-up'
}
