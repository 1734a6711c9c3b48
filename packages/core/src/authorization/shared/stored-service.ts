/** A service whose usage a store counts: the store, its layouts, its applications, and what was counted by it. */
import { windowOf } from '../../domain/period.ts'
import type { UsageShape } from '../../domain/usage.ts'
import type { UsageReport } from '../../domain/verdict.ts'
import type { ApplicationLedger } from '../../ledger/application-ledger.ts'
import { FOREVER, type PlanLayout } from '../../ledger/plan/layout.ts'
import type { Layouts } from '../../ledger/plan/layouts.ts'
import type { ServiceStore, StoredApplication } from '../../ledger/store.ts'
import type { Clock } from '../../primitives/clock.ts'
import { CountedUsage } from './counted-usage.ts'

export class StoredService {
  readonly store: ServiceStore
  readonly layouts: Layouts
  /** What this process has admitted or booked by the store. */
  readonly counted: CountedUsage = new CountedUsage()
  /** The store closes: nothing is decided by it any more, and usage counts here. */
  closed = false
  /** The store has not answered for so long that this process reports by itself what it admits. */
  reportsItself = false
  readonly #clock: Clock
  readonly #applications = new WeakMap<ApplicationLedger, StoredApplication>()

  constructor(store: ServiceStore, layouts: Layouts, clock: Clock) {
    this.store = store
    this.layouts = layouts
    this.#clock = clock
  }

  /** An application that 3scale knows, as the store sees it. */
  application(application: ApplicationLedger): StoredApplication {
    let stored = this.#applications.get(application)
    if (stored === undefined) {
      stored = this.store.application(application.id!)
      this.#applications.set(application, stored)
    }
    return stored
  }

  /** What our clock shows when the store's time is `time`. */
  ownTime(time: number): number {
    return time - this.store.time() + this.#clock.now()
  }

  /** Counts whatever the limits say. @param code the status of the response, where transactions carry it. */
  book(application: ApplicationLedger, usage: UsageShape, code: number | undefined): void {
    this.store.book(this.application(application), usage, code)
    this.counted.add(usage)
  }

  /** The limits whose counts the store has told in their present windows. */
  limits(application: ApplicationLedger): UsageReport[] {
    const { layout, counts } = this.application(application)
    if (layout === undefined) return []
    const time = this.store.time()
    // All layouts are made or read by `Layouts`.
    return (layout as PlanLayout).limits.flatMap(({ metric, period, max }, limit) => {
      const told = counts[limit]
      if (told === undefined || time >= told.end) return []
      const window = told.end === FOREVER ? undefined : windowOf(period, told.end - 1)
      const current = told.count
      return Object.freeze({
        metric,
        period,
        start: window && new Date(window.start),
        end: window && new Date(window.end),
        max,
        current,
        exceeded: current > max,
      })
    })
  }
}
