/** How much of a row counts against a limit. */
import { END, START, WIDTH } from '../plan/limit-cells.ts'
import type { CountedLimits } from '../plan/read-limits.ts'
import type { UsageRow } from './usage-row.ts'

/** What one row uses of a limit in the present window of its cell. */
export function rowInWindow({ cells, planLimits }: CountedLimits, row: UsageRow, limit: number): number {
  const at = limit * WIDTH
  if (row.minute < cells[at + START]! || row.minute >= cells[at + END]!) return 0
  let sum = 0
  row.each((slot, amount) => {
    if (planLimits.covers(limit, slot)) sum += amount
  })
  return sum
}
