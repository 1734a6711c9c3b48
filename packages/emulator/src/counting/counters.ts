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

/** The counters of one application, apart by whether limits and answers look at them. */
export interface CountersOfApplication {
  readonly read: ApplicationCounters
  /** Usage that was counted under an id with white space. */
  readonly unread: ApplicationCounters
}

/**
 * The counters of all applications of all services. The backend adds to the counters of an id as it is written, but reads
 * those of the id with `+` in place of white space. So what it counts for `a b` is never looked at.
 */
export class Counters {
  readonly #services = new Map<string, Map<string, CountersOfApplication>>()

  /** All counters of an application, created on first use. */
  of(service: string, application: string): CountersOfApplication {
    const serviceKey = storageKey(service)
    let applications = this.#services.get(serviceKey)
    if (!applications) {
      applications = new Map()
      this.#services.set(serviceKey, applications)
    }
    const key = storageKey(application)
    let counters = applications.get(key)
    if (!counters) {
      counters = { read: new ApplicationCounters(), unread: new ApplicationCounters() }
      applications.set(key, counters)
    }
    return counters
  }

  /** The counters to which usage of an application is added, by its id as the report writes it. */
  writtenOf(service: string, application: string): ApplicationCounters {
    const { read, unread } = this.of(service, application)
    return storageKey(service) === service && storageKey(application) === application ? read : unread
  }

  /** Deletes all counters. */
  clear(): void {
    this.#services.clear()
  }

  /** Deletes applications for which `metricsOf` returns undefined, and metrics that it does not name. */
  keep(metricsOf: (service: string, application: string) => ReadonlySet<string> | undefined): void {
    for (const [service, applications] of this.#services) {
      for (const [application, { read, unread }] of applications) {
        const metrics = metricsOf(service, application)
        if (!metrics) applications.delete(application)
        else for (const counters of [read, unread]) counters.keep(metrics)
      }
    }
  }
}

function oldest(values: ReadonlyMap<number, bigint>): number {
  let least = Number.POSITIVE_INFINITY
  for (const start of values.keys()) least = Math.min(least, start)
  return least
}
