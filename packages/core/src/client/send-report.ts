/** Sends the batches of a report one after the other and keeps account of what became of each. */

import type { Transaction } from '../domain/transaction.ts'
import { RejectedError, ReportError, type ReportProgress } from '../errors.ts'
import type { ReportOutcome } from './answer/report-outcome.ts'
import type { Batch } from './encode/report-batches.ts'

/**
 * In the order of the batches, because set-usages of one application depend on it; ends at the first failure.
 *
 * @throws RejectedError or ReportError, with what was accepted, not reported and perhaps counted.
 */
export async function sendBatches(
  batches: readonly Batch[],
  send: (batch: Batch) => Promise<ReportOutcome>,
): Promise<{ accepted: number }> {
  const accepted: Transaction[] = []
  for (const [index, batch] of batches.entries()) {
    const outcome = await send(batch)
    if (outcome.kind === 'accepted') {
      accepted.push(...batch.transactions)
      continue
    }
    const rest = batches.slice(index + 1).flatMap((later) => later.transactions)
    const counted = outcome.kind === 'unknown'
    const progress: ReportProgress = {
      accepted,
      unreported: counted ? rest : [...batch.transactions, ...rest],
      ambiguous: counted ? batch.transactions : [],
    }
    const { error } = outcome
    throw error instanceof RejectedError
      ? new RejectedError(error.rejection, error.status, error.message, progress)
      : new ReportError(error, progress)
  }
  return { accepted: accepted.length }
}
