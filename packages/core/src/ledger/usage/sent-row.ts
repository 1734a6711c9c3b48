/** Rows that were sent, as their applications know them. */
import type { Delivery } from './delivery.ts'
import type { UsageRow } from './usage-row.ts'

/** An application's row in a delivery. */
export type SentRow = UsageRow & { delivery: Delivery }

/** Whether reports of an application pause, because it is the witness of a delivery that it has part in. */
export function isPaused(id: string | undefined, sent: readonly SentRow[] | undefined): boolean {
  return sent?.some(({ delivery: { state, witness } }) => state === 'ambiguous' && witness === id) === true
}
