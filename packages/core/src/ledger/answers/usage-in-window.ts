/** How much usage that an answer may lack falls into the present window of a limit. */
import type { ApplicationLedger } from '../application-ledger.ts'
import { isUnsettled } from '../usage/delivery.ts'
import { rowInWindow } from '../usage/row-in-window.ts'
import type { UsageRow } from '../usage/usage-row.ts'
import { eachRow } from '../usage/waiting-rows.ts'

/** Usage of an application inside the present window of one limit. */
export interface UsageInWindow {
  /** Not sent yet. */
  unsent: number
  /** Not sent yet, but sent before without an answer. */
  resent: number
  /** Sent, and possibly missing in the counts of the answer. */
  unsettled: number
}

/** @param settledBefore by elapsed time: the answer surely includes what was acknowledged until then. */
export function usageInWindow(application: ApplicationLedger, limit: number, settledBefore: number): UsageInWindow {
  const within: UsageInWindow = { unsent: 0, resent: 0, unsettled: 0 }
  const waiting = (row: UsageRow) => {
    within[row.resent ? 'resent' : 'unsent'] += rowInWindow(application, row, limit)
  }
  eachRow(application.pending, waiting)
  eachRow(application.ownTransactions, waiting)
  for (const row of application.sent ?? []) {
    if (isUnsettled(row.delivery, settledBefore)) within.unsettled += rowInWindow(application, row, limit)
  }
  for (const row of application.maybeCounted ?? []) within.unsettled += rowInWindow(application, row, limit)
  return within
}
