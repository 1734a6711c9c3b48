/** Places usage of an authrep in the windows of the backend's clock, which may differ from those of our stamp. */
import type { UsageReport } from '../../domain/verdict.ts'
import type { ApplicationLedger } from '../application-ledger.ts'
import { INFLATED, START, WIDTH } from '../plan/limit-cells.ts'
import type { UsageRow } from '../usage/usage-row.ts'

/**
 * Applies what the answer shows of the windows in which the usage was counted.
 *
 * If a window in the answer is newer than ours, the usage moves there. If it is older, the usage stays, because the
 * backend counts later than it answers and may reach the next window by then. But if a later answer shows that it did
 * not, nothing was lost.
 */
export function countedByBackend(application: ApplicationLedger, row: UsageRow, reports: readonly UsageReport[]): void {
  const starts = reports.map(({ start }) => start?.getTime() ?? Number.NEGATIVE_INFINITY)
  const newest = Math.max(...starts)
  if (newest > row.minute) {
    application.shift(row, -1)
    row.stamp(newest)
    application.shift(row, 1)
  }
  const { cells, planLimits } = application
  planLimits.limits.forEach(({ metric, period }, limit) => {
    const shown = reports.findIndex((report) => report.metric === metric && report.period === period)
    if (shown !== -1 && starts[shown]! < cells[limit * WIDTH + START]!) cells[limit * WIDTH + INFLATED] = 1
  })
}
