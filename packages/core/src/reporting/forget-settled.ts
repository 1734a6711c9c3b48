/** Forgets usage that needs no more attention, before each report. */
import type { Ledger } from '../ledger/ledger.ts'
import { Slice } from '../primitives/slice.ts'

/** Visits all applications with usage, with rests in between. */
export async function forgetSettled(ledger: Ledger): Promise<void> {
  const slice = new Slice()
  for (const application of ledger.busy) {
    ledger.forgetSettled(application)
    if (slice.over) await slice.rest()
  }
}
