/** Gives up and announces the usage that is left when a gateway closes. */
import type { Ledger } from '../ledger/ledger.ts'
import { giveUpWaiting, leaveWaiting } from '../ledger/usage/losses.ts'
import { eachRow } from '../ledger/usage/waiting-rows.ts'
import { Slice } from '../primitives/slice.ts'

/**
 * These responses will not finish before the gateway closes; their usage is reported without a status code.
 *
 * @param slice what the work has used of its turn.
 */
export async function releaseAwaitingResponse(ledger: Ledger, slice: Slice = new Slice()): Promise<void> {
  for (const { ownTransactions } of [...ledger.busy]) {
    eachRow(ownTransactions, (row) => {
      if (row.ownTransaction?.awaitsResponse === true) row.release(undefined)
    })
    if (slice.over) await slice.rest()
  }
}

/** All usage that waits, is under way or may have been counted, by metric. */
export function leftOf(ledger: Ledger): Record<string, number> {
  const left: Record<string, number> = Object.create(null)
  for (const [metric, { pending, inFlight, ambiguous }] of Object.entries(ledger.balance())) {
    const amount = pending + inFlight + ambiguous
    if (amount > 0) left[metric] = amount
  }
  return left
}

/**
 * Gives up all usage that waits, is under way or may have been counted.
 *
 * @param slice what the work has used of its turn.
 * @returns the amounts by metric.
 */
export async function giveUpRest(ledger: Ledger, slice: Slice = new Slice()): Promise<Record<string, number>> {
  const undelivered = leftOf(ledger)
  const open = [...ledger.batches.open]
  for (const application of [...ledger.busy]) {
    giveUpWaiting(application, 'closed')
    if (slice.over) await slice.rest()
  }
  for (const batch of open) {
    if (batch.state === 'ambiguous') batch.giveUp('ambiguous', true)
    // An outcome may have come during a rest.
    else if (batch.state === 'inFlight') batch.giveUp('closed', true)
    if (slice.over) await slice.rest()
  }
  return undelivered
}

/**
 * Gives up usage that comes after closing, a microtask later: once for all usage of a turn.
 *
 * @param other of work that may be under way at the same time.
 */
export function givesUpLate(ledger: Ledger, other: Slice): () => void {
  let planned = false
  return () => {
    if (planned) return
    planned = true
    queueMicrotask(() => {
      planned = false
      void giveUpRest(ledger, new Slice(other))
    })
  }
}

/**
 * Forgets all usage that is not delivered, because the next process takes it over and admits it again. In one step, so
 * that usage which comes later is told apart.
 *
 * @returns the amounts by metric.
 */
export function leaveRest(ledger: Ledger): Record<string, number> {
  const undelivered = leftOf(ledger)
  for (const batch of [...ledger.batches.open]) batch.takeBack(false)
  for (const application of [...ledger.busy]) leaveWaiting(application)
  return undelivered
}
