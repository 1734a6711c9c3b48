/** Forgets usage that needs no more attention, before each report. */
import type { Ledger } from '../ledger/ledger.ts'
import type { Slice } from '../primitives/slice.ts'

/** Visits all applications with usage, with rests in between. @param slice what the flush has used of its turn. */
export async function forgetSettled(ledger: Ledger, slice: Slice): Promise<void> {
  for (const application of ledger.busy) {
    ledger.forgetSettled(application)
    if (slice.over) await slice.rest()
  }
}
