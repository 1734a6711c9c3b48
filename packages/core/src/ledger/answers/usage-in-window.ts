/** What of an application's usage on its way belongs into the window of a limit. */
import type { ApplicationLedger } from '../application-ledger.ts'
import { END, START, WIDTH } from '../plan/limit-cells.ts'
import type { Batch } from '../usage/batch.ts'
import type { UsageRow } from '../usage/usage-row.ts'
import { eachRow } from '../usage/waiting-rows.ts'

/** Usage of an application inside the present window of one limit. */
export interface UsageInWindow {
  /** Not sent yet. */
  unsent: number
  /** Not sent yet, but sent before without an answer. */
  resent: number
  /** Sent, and not surely in the answer's counts. */
  unsettled: number
}

/** @param settledBefore what was acknowledged until then is surely in the answer's counts, by elapsed time. */
export function usageInWindow(application: ApplicationLedger, limit: number, settledBefore: number): UsageInWindow {
  const within: UsageInWindow = { unsent: 0, resent: 0, unsettled: 0 }
  const waiting = (row: UsageRow) => {
    within[row.resent ? 'resent' : 'unsent'] += rowInWindow(application, row, limit)
  }
  eachRow(application.pending, waiting)
  eachRow(application.ownTransaction, waiting)
  for (const row of application.sent ?? []) {
    if (isUnsettled(row.batch!, settledBefore)) within.unsettled += rowInWindow(application, row, limit)
  }
  for (const row of application.maybeCounted ?? []) within.unsettled += rowInWindow(application, row, limit)
  return within
}

/** What one row uses of a limit. */
export function rowInWindow({ cells, planLimits }: ApplicationLedger, row: UsageRow, limit: number): number {
  const at = limit * WIDTH
  if (row.minute < cells[at + START]! || row.minute >= cells[at + END]!) return 0
  let sum = 0
  row.each((slot, amount) => {
    if (planLimits.covers(limit, slot)) sum += amount
  })
  return sum
}

/** Whether the counts of an answer may lack a batch that was sent. */
export function isUnsettled({ state, since }: Batch, settledBefore: number): boolean {
  return state === 'inFlight' || state === 'ambiguous' || (state === 'acknowledged' && since > settledBefore)
}
