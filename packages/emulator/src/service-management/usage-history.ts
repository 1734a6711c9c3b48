/** What was counted in each of the last minutes, for charts. */
import type { Counters } from '../counting/counters.ts'
import type { Directory } from '../provider/directory.ts'
import type { EmulatorState } from '../provider/state.ts'

/** Service id, application id, metric name: one number a minute, the oldest first. The last one is the current minute. */
export type UsageHistory = Record<string, Record<string, Record<string, number[]>>>

const minutes = 60
const minuteMs = 60_000

/** The last 60 minutes by the instant `now`. Metrics of which nothing was counted in them are left out. */
export function usageHistory(
  state: EmulatorState,
  directory: Directory,
  counters: Counters,
  now: number,
): UsageHistory {
  const first = Math.floor(now / minuteMs) * minuteMs - (minutes - 1) * minuteMs
  const starts = Array.from({ length: minutes }, (_, index) => first + index * minuteMs)
  // Not by assignment: a metric may be called `__proto__`.
  return Object.fromEntries(
    state.services.map(({ id, applications = [] }) => {
      const service = directory.service(id)!
      const rowsOf = (application: string) => {
        const { read, unread } = counters.of(service.id, application)
        return service.metrics
          .map(({ name, counterKey }): [string, number[]] => {
            const both = (start: number) =>
              read.value(counterKey, 'minute', start) + unread.value(counterKey, 'minute', start)
            return [name, starts.map((start) => Number(both(start)))]
          })
          .filter(([, values]) => values.some((value) => value > 0))
      }
      return [id, Object.fromEntries(applications.map((each) => [each.id, Object.fromEntries(rowsOf(each.id))]))]
    }),
  )
}
