/** What the usage of a process has become by its death, for the process that takes it over. */
import type { UsageState } from './usage-state.ts'
import { type Row, WaitingUsage } from './waiting-usage.ts'

/** Transactions that the backend takes in one report. */
const MAX_ROWS = 1000
const MINUTES_OF_HOUR = 60

/**
 * Settles what was under way. A batch that was taken and not sent waits again. One that was sent has no answer any
 * more. An authrep that had none may have been counted; its request was never answered, so it is not sent.
 *
 * @param settledBefore epoch milliseconds: answers surely contain what was acknowledged until then.
 * @param damaged records are missing, so usage that seems to wait may have been sent.
 */
export function settleAtDeath(state: UsageState, settledBefore: number, damaged: boolean): void {
  for (const [number, { settlement, at }] of [...state.batches]) {
    if (settlement === 'taken') state.settle(number, damaged ? 'ambiguous' : 'waiting', at)
    else if (settlement === 'sending') state.settle(number, 'ambiguous', at)
    else if (settlement === 'reserved') state.settle(number, 'maybe-counted', at)
    else if (settlement === 'acknowledged' && at <= settledBefore) state.settle(number, 'given-up', at)
  }
  if (damaged) doubtWaiting(state)
}

function doubtWaiting(state: UsageState): void {
  for (const application of state.applications) {
    if (application.waiting.size === 0) continue
    const rows = inOneReport([...application.waiting.rows])
    // No batch has the number of an application.
    state.putSent(application.number, application, rows)
    application.waiting.clear()
    state.settle(application.number, 'ambiguous', 0)
  }
}

/** The ledger has merged so many minutes into hours, too. */
function inOneReport(rows: readonly Row[]): readonly Row[] {
  if (rows.length <= MAX_ROWS) return rows
  const merged = new WaitingUsage()
  for (const row of rows) merged.add({ ...row, minute: row.minute - (row.minute % MINUTES_OF_HOUR) })
  return [...merged.rows]
}
