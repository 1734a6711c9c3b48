/** What the usage of a process has become by its death, for the process that takes it over. */
import type { UsageState } from './usage-state.ts'

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
    // Copies, because taking them changes the rows that wait.
    const rows = [...application.waiting.rows].map((row) => ({ ...row, usage: new Map(row.usage) }))
    if (rows.length === 0) continue
    const number = unusedNumber(state)
    state.take(number, application, rows)
    state.settle(number, 'ambiguous', 0)
  }
}

function unusedNumber(state: UsageState): number {
  // Numbers that processes choose begin far above.
  let number = 1
  while (state.batches.has(number)) number++
  return number
}
