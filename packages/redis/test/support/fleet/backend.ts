/** A backend as far as a fleet sees it: limits by window, a tree of metrics, reports that are counted later. */
import { PERIODS, type Period } from '../../../../core/src/domain/period.ts'
import { PlanLayout, type PlanLimit, storedWindow } from '../plan-layout.ts'

export interface FleetLimit {
  readonly metric: string
  readonly period: Period
  max: number
}

export interface Transaction {
  readonly application: string
  readonly minute: number
  readonly metric: string
  readonly amount: number
}

/** Counts by application, metric, period and start of the window. */
export class WindowCounts {
  readonly #counts = new Map<string, number>()
  readonly #parents: ReadonlyMap<string, string | undefined>

  constructor(parents: ReadonlyMap<string, string | undefined>) {
    this.#parents = parents
  }

  /** Adds usage to the windows of its moment, for its metrics and their ancestors. */
  add(application: string, usage: Readonly<Record<string, number>>, time: number, times = 1): void {
    for (const [metric, amount] of Object.entries(usage)) {
      for (const above of ancestorsOf(this.#parents, metric)) {
        for (const period of PERIODS) {
          const key = keyOf(application, above, period, time)
          this.#counts.set(key, (this.#counts.get(key) ?? 0) + times * amount)
        }
      }
    }
  }

  get(application: string, metric: string, period: Period, time: number): number {
    return this.#counts.get(keyOf(application, metric, period, time)) ?? 0
  }

  /** All that was ever counted, metrics and their ancestors. */
  get total(): number {
    let total = 0
    for (const [key, count] of this.#counts) if (key.includes('|eternity|')) total += count
    return total
  }
}

export class Backend {
  readonly parents: ReadonlyMap<string, string | undefined>
  readonly limits: FleetLimit[]
  readonly counts: WindowCounts
  /** Reports that are not counted yet. */
  readonly #queue: { readonly at: number; readonly rows: readonly Transaction[] }[] = []
  readonly #unlimited: string

  /** @param unlimited an application whose plan has no limits. */
  constructor(parents: ReadonlyMap<string, string | undefined>, limits: FleetLimit[], unlimited: string) {
    this.parents = parents
    this.limits = limits
    this.counts = new WindowCounts(parents)
    this.#unlimited = unlimited
  }

  limitsOf(application: string): readonly FleetLimit[] {
    return application === this.#unlimited ? [] : this.limits
  }

  /** The metrics below a metric, itself included. */
  covered(metric: string): string[] {
    return [...this.parents.keys()].filter((other) => ancestorsOf(this.parents, other).includes(metric))
  }

  /** The answer to an `authorize`. */
  authorize(
    application: string,
    time: number,
  ): { layout: PlanLayout; windows: { start: number; end: number; current: number }[] } {
    const limits = this.limitsOf(application)
    const layout = new PlanLayout(
      limits.map(({ metric, period, max }): PlanLimit => ({ metric, period, max, covers: this.covered(metric) })),
    )
    const windows = limits.map(({ metric, period }) => ({
      ...storedWindow(period, time),
      current: this.counts.get(application, metric, period, time),
    }))
    return { layout, windows }
  }

  report(rows: readonly Transaction[], at: number): void {
    if (rows.length > 0) this.#queue.push({ at, rows })
  }

  /** Counts the oldest reports: so many, and all that came before a moment. */
  count(most: number, before: number): void {
    while (this.#queue.length > 0 && (most-- > 0 || this.#queue[0]!.at < before)) {
      for (const { application, minute, metric, amount } of this.#queue.shift()!.rows) {
        this.counts.add(application, { [metric]: amount }, minute)
      }
    }
  }
}

/** A metric and all above it. */
export function ancestorsOf(parents: ReadonlyMap<string, string | undefined>, metric: string): string[] {
  const chain: string[] = []
  for (let at: string | undefined = metric; at !== undefined; at = parents.get(at)) chain.push(at)
  return chain
}

function keyOf(application: string, metric: string, period: Period, time: number): string {
  return `${application}|${metric}|${period}|${storedWindow(period, time).start}`
}
