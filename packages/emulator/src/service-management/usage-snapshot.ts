/** The counters in the form of `usage()` and the control API. */
import type { Counters } from '../counting/counters.ts'
import type { Directory } from '../provider/directory.ts'
import { type PeriodName, periodNames, type Windows } from '../provider/period.ts'
import type { EmulatorState } from '../provider/state.ts'

/** Service id, application id, metric name, period: the counter of the current window. */
export type UsageSnapshot = Record<string, Record<string, Record<string, Record<PeriodName, number>>>>

/** All applications and metrics of the state, including unused ones. Counters above 2^53 lose precision. */
export function snapshotUsage(
  state: EmulatorState,
  directory: Directory,
  counters: Counters,
  windows: Windows,
): UsageSnapshot {
  const snapshot: UsageSnapshot = {}
  for (const { id, metrics = [], applications = [] } of state.services) {
    const service = directory.service(id)!
    snapshot[id] = {}
    for (const application of applications) {
      const own = counters.readOf(id, application.id)
      const byMetric: Record<string, Record<PeriodName, number>> = {}
      for (const { name } of metrics) {
        const { readKey } = service.metric(name)!
        const value = (period: PeriodName) => Number(own.value(readKey, period, windows[period].start))
        byMetric[name] = Object.fromEntries(periodNames.map((period) => [period, value(period)])) as never
      }
      snapshot[id][application.id] = byMetric
    }
  }
  return snapshot
}
