/** Usage counters of applications, in plain maps: one value per metric, period and window. */
import { type PeriodName, periodNames, type Windows } from '../provider/period.ts'
import { storageKey } from '../ruby/storage-key.ts'
import type { Amount } from './amount.ts'

/** Windows kept per metric and period. The real backend deletes minute counters after 180 s; here they stay a day. */
const maxWindows = 1500
const int64Max = 2n ** 63n - 1n

type MetricCounters = Record<PeriodName, Map<number, bigint>>

/** The counters of one application. */
export class ApplicationCounters {
  readonly #metrics = new Map<string, MetricCounters>()

  /** The value in the window that starts at `start`, 0 when nothing was counted. */
  value(metric: string, period: PeriodName, start: number): bigint {
    return this.#metrics.get(metric)?.[period].get(start) ?? 0n
  }

  /**
   * Adds to or sets the counters of all periods. Returns false when a sum would exceed 64 bits, which Redis refuses;
   * the other counters are changed anyway.
   */
  apply(metric: string, amount: Amount, windows: Windows): boolean {
    let counters = this.#metrics.get(metric)
    if (!counters) {
      counters = Object.fromEntries(periodNames.map((period) => [period, new Map()])) as MetricCounters
      this.#metrics.set(metric, counters)
    }
    let done = true
    for (const period of periodNames) {
      const values = counters[period]
      const { start } = windows[period]
      const before = values.get(start) ?? 0n
      if (amount.set) {
        if (amount.value === 0n) values.delete(start)
        else values.set(start, amount.value)
      } else if (amount.value > int64Max || before > int64Max || before + amount.value > int64Max) {
        done = false
      } else {
        values.set(start, before + amount.value)
        if (values.size > maxWindows) values.delete(oldest(values))
      }
    }
    return done
  }

  /** Deletes the counters of metrics that are not in `metrics`. */
  keep(metrics: ReadonlySet<string>): void {
    for (const metric of this.#metrics.keys()) if (!metrics.has(metric)) this.#metrics.delete(metric)
  }
}

/** The counters of all applications of all services. */
export class Counters {
  readonly #services = new Map<string, Map<string, ApplicationCounters>>()

  /** The counters from which limits and answers read. Usage is counted there unless the id has white space. */
  readOf(service: string, application: string): ApplicationCounters {
    return this.of(storageKey(service), storageKey(application))
  }

  /**
   * The counters to which usage of an application is added, created on first use. The backend writes an id as it is,
   * but reads `+` in place of white space, so what it counts for `a b` is never looked at.
   */
  of(service: string, application: string): ApplicationCounters {
    let applications = this.#services.get(service)
    if (!applications) {
      applications = new Map()
      this.#services.set(service, applications)
    }
    let counters = applications.get(application)
    if (!counters) {
      counters = new ApplicationCounters()
      applications.set(application, counters)
    }
    return counters
  }

  /** Deletes all counters. */
  clear(): void {
    this.#services.clear()
  }

  /** Deletes applications for which `metricsOf` returns undefined, and metrics that it does not name. */
  keep(metricsOf: (service: string, application: string) => ReadonlySet<string> | undefined): void {
    for (const [service, applications] of this.#services) {
      for (const [application, counters] of applications) {
        const metrics = metricsOf(service, application)
        if (metrics) counters.keep(metrics)
        else applications.delete(application)
      }
    }
  }
}

function oldest(values: ReadonlyMap<number, bigint>): number {
  let least = Number.POSITIVE_INFINITY
  for (const start of values.keys()) least = Math.min(least, start)
  return least
}
