/** Sends the batches of a report one after the other and records the outcome of each. */

import type { Transaction } from '../domain/transaction.ts'
import { RejectedError, ReportError, type ReportProgress } from '../errors.ts'
import type { ReportOutcome } from './answer/report-outcome.ts'
import type { ReportBatch } from './encode/report-batches.ts'

/**
 * Keeps the order of the batches, because the result of set-usages depends on it, and stops at the first failure.
 *
 * @throws RejectedError or ReportError, with the transactions that were accepted, not reported and perhaps counted.
 */
export async function sendBatches(
  batches: readonly ReportBatch[],
  send: (batch: ReportBatch) => Promise<ReportOutcome>,
): Promise<{ accepted: number }> {
  const accepted: Transaction[] = []
  for (const [index, batch] of batches.entries()) {
    const outcome = await send(batch)
    if (outcome.kind === 'accepted') {
      accepted.push(...batch.transactions)
      continue
    }
    const rest = batches.slice(index + 1).flatMap((later) => later.transactions)
    const maybeCounted = outcome.kind === 'unknown'
    const progress: ReportProgress = {
      accepted,
      unreported: maybeCounted ? rest : [...batch.transactions, ...rest],
      ambiguous: maybeCounted ? batch.transactions : [],
    }
    const { error } = outcome
    throw error instanceof RejectedError
      ? new RejectedError(error.rejection, error.status, error.message, progress)
      : new ReportError(error, progress)
  }
  return { accepted: accepted.length }
}
