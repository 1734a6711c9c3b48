/** The counters in the form of `usage()` and the control API. */
import type { Counters } from '../counting/counters.ts'
import type { Directory, Service } from '../provider/directory.ts'
import { type PeriodName, periodNames, type Windows } from '../provider/period.ts'
import type { EmulatorState } from '../provider/state.ts'

/** Service id, application id, metric name, period: the counter of the current window. */
export type UsageSnapshot = Record<string, Record<string, Record<string, Record<PeriodName, number>>>>

/**
 * All applications and metrics of the state, including unused ones, with all that was counted: also under ids with white
 * space, where no limit looks at it. Counters above 2^53 lose precision.
 */
export function snapshotUsage(
  state: EmulatorState,
  directory: Directory,
  counters: Counters,
  windows: Windows,
): UsageSnapshot {
  const usageOf = (service: Service, application: string) => {
    const { read, unread } = counters.of(service.id, application)
    return service.metrics.map(({ name, counterKey }) => {
      const value = (period: PeriodName) => {
        const { start } = windows[period]
        return Number(read.value(counterKey, period, start) + unread.value(counterKey, period, start))
      }
      return [name, Object.fromEntries(periodNames.map((period) => [period, value(period)]))]
    })
  }
  // Not by assignment: a metric may be called `__proto__`.
  return Object.fromEntries(
    state.services.map(({ id, applications = [] }) => {
      const service = directory.service(id)!
      return [
        id,
        Object.fromEntries(applications.map((each) => [each.id, Object.fromEntries(usageOf(service, each.id))])),
      ]
    }),
  )
}
