/** How much of a row counts against a limit. */
import { END, rollCell, START, WIDTH } from '../plan/limit-cells.ts'
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

/** Whether one of the rows counts against a limit at a time. Moves cells whose windows have ended. */
export function anyInWindow(counted: CountedLimits, rows: readonly UsageRow[], time: number): boolean {
  const { cells, planLimits } = counted
  return planLimits.limits.some((_, limit) => {
    if (time >= cells[limit * WIDTH + END]!) rollCell(cells, planLimits, limit, time)
    return rows.some((row) => rowInWindow(counted, row, limit) > 0)
  })
}
