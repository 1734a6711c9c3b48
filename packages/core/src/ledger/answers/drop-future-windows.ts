/** Corrects an application's counts when our clock turns out to be far ahead of the backend's. */
import type { ApplicationLedger } from '../application-ledger.ts'
import { NO_CELLS, START, WIDTH } from '../plan/limit-cells.ts'

/**
 * Counts of windows that have not begun at `time` have replaced the counts of the present windows, which are lost.
 * Their limits are dropped, and the next answer shows them as new ones. All other usage was counted in the right
 * window.
 */
export function dropFutureWindows(application: ApplicationLedger, time: number): void {
  const { planLimits, cells, service } = application
  const kept = planLimits.limits.filter((_, limit) => cells[limit * WIDTH + START]! <= time)
  if (kept.length === planLimits.limits.length) return
  application.cells =
    kept.length === 0
      ? NO_CELLS
      : kept.flatMap((limit) => {
          const at = planLimits.limits.indexOf(limit) * WIDTH
          return cells.slice(at, at + WIDTH)
        })
  service.changePlanLimits(application, service.planLimitsOf(kept))
  application.appliedQuestion = 0
}
