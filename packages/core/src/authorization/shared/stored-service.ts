/** A service whose usage a store counts: the store, its layouts, its applications, and what was counted by it. */
import type { LimitCount } from '../../domain/limit-count.ts'
import { windowOf } from '../../domain/period.ts'
import type { UsageShape } from '../../domain/usage.ts'
import type { ApplicationLedger } from '../../ledger/application-ledger.ts'
import { FOREVER, type PlanLayout } from '../../ledger/plan/layout.ts'
import type { Layouts } from '../../ledger/plan/layouts.ts'
import type { ServiceStore, StoredApplication } from '../../ledger/store.ts'
import type { Layout } from '../../ledger/stored-layout.ts'
import type { Clock } from '../../primitives/clock.ts'
import { CountedUsage } from './counted-usage.ts'

/** What was read of counts, and until when it holds. */
interface KnownLimits {
  readonly layout: Layout
  readonly counts: StoredApplication['counts']
  readonly end: number
  readonly limits: readonly LimitCount[]
}

const NONE: readonly LimitCount[] = Object.freeze([])

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
  readonly #limits = new WeakMap<StoredApplication, KnownLimits>()

  constructor(store: ServiceStore, layouts: Layouts, clock: Clock) {
    this.store = store
    this.layouts = layouts
    this.#clock = clock
  }

  /** An application that 3scale knows, as the store sees it. */
  application(application: ApplicationLedger): StoredApplication {
    application.stored ??= this.store.application(application.id!)
    return application.stored
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
  limits(application: ApplicationLedger): readonly LimitCount[] {
    const stored = this.application(application)
    const { layout, counts } = stored
    if (layout === undefined) return NONE
    const time = this.store.time()
    const known = this.#limits.get(stored)
    // The same for all denials until the store tells other counts.
    if (known !== undefined && known.layout === layout && time < known.end && areSame(known.counts, counts)) {
      return known.limits
    }
    // All layouts are made or read by `Layouts`.
    const limits = this.#read(layout as PlanLayout, counts, time)
    const end = Math.min(...counts.map((told) => (told === undefined || time >= told.end ? FOREVER : told.end)))
    this.#limits.set(stored, { layout, counts: [...counts], end, limits })
    return limits
  }

  #read(layout: PlanLayout, counts: StoredApplication['counts'], time: number): LimitCount[] {
    return layout.limits.flatMap(({ metric, period, max }, limit) => {
      const told = counts[limit]
      if (told === undefined || time >= told.end) return []
      const window = told.end === FOREVER ? undefined : windowOf(period, told.end - 1)
      return { metric, period, start: window?.start, end: window?.end, max, current: told.count }
    })
  }
}

function areSame<Item>(one: readonly Item[], other: readonly Item[]): boolean {
  for (let i = 0; i < other.length; i++) if (one[i] !== other[i]) return false
  return one.length === other.length
}
