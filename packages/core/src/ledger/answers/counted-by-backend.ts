/** Usage that the backend counted by an authrep: in the windows of its own clock, whatever minute we stamped it with. */
import type { UsageReport } from '../../domain/verdict.ts'
import type { ApplicationLedger } from '../application-ledger.ts'
import { INFLATED, START, WIDTH } from '../plan/limit-cells.ts'
import type { UsageRow } from '../usage/usage-row.ts'

/**
 * Applies what the answer shows of where the usage was counted.
 *
 * A newer window than ours: the usage moves there. An older one: it stays, because the backend counts later than it
 * answers and may reach the next window by then; but if it is not found there after all, nothing was lost.
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
