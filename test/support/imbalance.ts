/** Law 8 as a sum: what was admitted is somewhere. Also `balance`, which does not count what waits, has to agree. */
import type { Ledger } from '../../packages/core/src/ledger/ledger.ts'

/** What is missing or too much, by metric; empty when the law holds. */
export function imbalance(ledger: Ledger): Record<string, number> {
  const differences: Record<string, number> = {}
  for (const [metric, sums] of Object.entries(ledger.sums())) {
    const { admitted, acknowledged, inFlight, ambiguous, pending, givenUp } = sums
    const difference = admitted - (acknowledged + inFlight + ambiguous + pending + givenUp)
    if (difference !== 0) differences[metric] = difference
    const balance = ledger.balance()[metric]!
    for (const sum of ['inFlight', 'ambiguous', 'pending'] as const) {
      if (balance[sum] !== sums[sum]) differences[`${sum} of ${metric}`] = balance[sum] - sums[sum]
    }
  }
  return differences
}
