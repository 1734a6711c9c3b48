/** Usage that was sent, and what is known of its delivery. */
import type { LossReason } from '../../observe/messages.ts'
import type { UsageRow } from './usage-row.ts'

/**
 * inFlight: no outcome yet.
 * acknowledged: queued by the backend.
 * ambiguous: sent, but without a usable answer.
 * over: its rows wait again, went into other deliveries, or were given up.
 */
export type DeliveryState = 'inFlight' | 'acknowledged' | 'ambiguous' | 'over'

/** A report to the backend, which counts it whole or not at all. */
export interface Delivery {
  readonly state: DeliveryState
  /** When it entered its state, by elapsed time. */
  readonly since: number
  /** An answer that should have shown whether it was counted did not. */
  undecidable: boolean
  /** Lets its rows wait again. `resent`: they may have been counted already. */
  takeBack(resent: boolean): void
  /** Its usage is not delivered and will not be. `counted`: it may have been counted, so the cells keep it. */
  giveUp(reason: LossReason, counted: boolean): void
}

/** One application's row in a delivery. */
export interface SentRow {
  readonly row: UsageRow
  readonly delivery: Delivery
}

/** Whether the counts of an answer may lack a delivery. */
export function isUnsettled({ state, since }: Delivery, settledBefore: number): boolean {
  return state === 'inFlight' || state === 'ambiguous' || (state === 'acknowledged' && since > settledBefore)
}
