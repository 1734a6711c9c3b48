/** The end of the books: what is left when a gateway closes. */

import type { Ledger } from '../ledger/ledger.ts'
import type { Batch } from '../ledger/usage/batch.ts'
import { giveUpWaiting } from '../ledger/usage/losses.ts'
import { eachRow } from '../ledger/usage/waiting-rows.ts'

/** Nobody will tell the status of these responses any more; their usage goes without. */
export function releaseAwaitingResponse(ledger: Ledger): void {
  for (const { ownTransaction } of ledger.busy) {
    eachRow(ownTransaction, (row) => {
      if (row.ownTransaction?.awaitsResponse === true) row.ownTransaction = { code: undefined, awaitsResponse: false }
    })
  }
}

/**
 * Gives up all that waits, is under way or may have been counted.
 *
 * @returns its amounts by metric.
 */
export function giveUpRest(ledger: Ledger): Record<string, number> {
  const undelivered: Record<string, number> = {}
  for (const [metric, { pending, inFlight, ambiguous }] of Object.entries(ledger.sums())) {
    const left = pending + inFlight + ambiguous
    if (left > 0) undelivered[metric] = left
  }
  const open = new Set<Batch>()
  for (const application of [...ledger.busy]) {
    for (const { batch } of application.sent ?? []) {
      if (batch?.state === 'inFlight' || batch?.state === 'ambiguous') open.add(batch)
    }
    giveUpWaiting(application, 'closed')
  }
  for (const batch of open) batch.giveUp(batch.state === 'ambiguous' ? 'ambiguous' : 'closed', true)
  return undelivered
}
