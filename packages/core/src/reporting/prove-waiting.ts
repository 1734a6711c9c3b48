/** Proves right before a report what it carries, because one deleted application or metric sinks a whole batch. */
import type { ApplicationLedger } from '../ledger/application-ledger.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { needsProof } from '../ledger/usage/take-batches.ts'
import type { Slice } from '../primitives/slice.ts'
import { askEach, MAX_PROOFS_AT_ONCE } from './ask-each.ts'

export interface ProofSettings {
  /** The time between two reports, in milliseconds. */
  readonly intervalMs: number
  /** How often callers with requests are asked about anyway, in milliseconds. */
  readonly ttlMs: number
}

/** How long a proof holds for a report, in milliseconds. */
export function proofHoldsMs({ intervalMs, ttlMs }: ProofSettings): number {
  return Math.min(intervalMs, 2 * ttlMs)
}

/**
 * Asks about applications with waiting usage that no answer has proved within `proofHoldsMs`, the longest unproved
 * first. Where reports come more often than refreshes, only so many are asked about as refreshes would be anyway, or
 * short intervals would cost a question for each application and report.
 *
 * @param slice what the flush has used of its turn.
 */
export async function proveWaiting(
  { busy }: Ledger,
  settings: ProofSettings,
  prove: (application: ApplicationLedger) => Promise<unknown>,
  slice: Slice,
): Promise<void> {
  const { intervalMs, ttlMs } = settings
  const holdsMs = proofHoldsMs(settings)
  const isOpen = (application: ApplicationLedger) => application.id === undefined || needsProof(application, holdsMs)
  const open: ApplicationLedger[] = []
  for (const application of busy) {
    if (isOpen(application)) open.push(application)
    if (slice.over) await slice.rest()
  }
  open.sort((a, b) => a.provedAt - b.provedAt)
  const share = Math.ceil(busy.size * Math.min(1, intervalMs / ttlMs))
  await askEach(open.slice(0, Math.max(share, MAX_PROOFS_AT_ONCE)), async (application) => {
    // An answer meanwhile may have proved the metric that all of them wait for.
    if (isOpen(application)) await prove(application)
    return true
  })
}
