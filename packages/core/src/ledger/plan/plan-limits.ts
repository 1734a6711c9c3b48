/**
 * The limits of a plan as a list, and which of them each usage falls under. Shared by all applications with the same
 * limits.
 */
import type { Period } from '../../domain/period.ts'
import { storageKey } from '../../domain/storage-key.ts'
import type { UsageShape } from '../../domain/usage.ts'
import { HIERARCHY_TTL_MS, type MetricHierarchy } from './metric-hierarchy.ts'
import type { MetricTable } from './metric-table.ts'

/** One limit of a plan, without its value. */
export interface Limit {
  readonly metric: string
  readonly period: Period
}

/** What a usage needs of the limits of a plan: plain numbers, computed once. */
export interface LimitFootprint {
  /** Indexes of the limits the usage falls under, amounts of 0 included. */
  readonly limits: readonly number[]
  /** What each of them needs, parallel to `limits`. */
  readonly needs: readonly number[]
  /** Slots of the metrics with an amount above 0, and their amounts. */
  readonly slots: readonly number[]
  readonly amounts: readonly number[]
  /** Until when a local decision may rely on this, by our clock; -Infinity: the backend has to be asked first. */
  readonly validUntil: number
  /** Metrics that no answer has proved to exist. */
  readonly unproved: readonly string[]
  /** Metrics that may have hidden ancestors, with the limited metrics that could be these. */
  readonly hidden: ReadonlyMap<string, readonly string[]>
}

// Usage that functions of the request make has a new shape each time, so the maps are emptied at this size.
const MAX_SHAPES = 4096

export class PlanLimits {
  readonly limits: readonly Limit[]
  /** How many applications have these limits. */
  applications = 0
  readonly #metrics: MetricTable
  readonly #hierarchy: MetricHierarchy
  readonly #byShape = new Map<UsageShape, LimitFootprint>()
  readonly #byText = new Map<string, LimitFootprint>()
  #covers: (boolean | undefined)[][] = []

  /** The limits as text: the key under which the service keeps this object. */
  readonly text: string

  constructor(limits: readonly Limit[], metrics: MetricTable, hierarchy: MetricHierarchy, text = '') {
    this.limits = limits
    this.text = text
    this.#metrics = metrics
    this.#hierarchy = hierarchy
  }

  /** The footprint of a usage; kept, because the hot path asks for the same few shapes again and again. */
  footprintOf(shape: UsageShape, now: number): LimitFootprint {
    const known = this.#byShape.get(shape)
    if (known !== undefined && now < known.validUntil) return known
    const text = JSON.stringify([shape.metrics, shape.amounts])
    let footprint = this.#byText.get(text)
    if (footprint === undefined || now >= footprint.validUntil) footprint = this.#computeFootprint(shape, now)
    if (this.#byText.size >= MAX_SHAPES) this.#byText.clear()
    if (this.#byShape.size >= MAX_SHAPES) this.#byShape.clear()
    this.#byText.set(text, footprint)
    this.#byShape.set(shape, footprint)
    return footprint
  }

  /** Whether the usage may fall under a limit without that ever having been known. Known once still counts as known. */
  mayHideLimits({ metrics }: UsageShape): boolean {
    if (!this.#hierarchy.hasLists) return false
    const limited = this.limits.map(({ metric }) => metric)
    return metrics.some((metric) => this.#hierarchy.hiddenAbove(metric, limited, Number.NEGATIVE_INFINITY).length > 0)
  }

  /** Whether usage of the metric in a slot falls under a limit. */
  covers(limit: number, slot: number): boolean {
    let slots = this.#covers[limit]
    if (slots === undefined) {
      slots = []
      this.#covers[limit] = slots
    }
    let covered = slots[slot]
    if (covered === undefined) {
      covered = this.#fallsUnder(this.#metrics.nameOf(slot), this.limits[limit]!.metric)
      slots[slot] = covered
    }
    return covered
  }

  /** Drops what was computed, because metrics or their tree have changed. */
  forget(): void {
    this.#byShape.clear()
    this.#byText.clear()
    this.#covers = []
  }

  #fallsUnder(metric: string, limited: string): boolean {
    return storageKey(metric) === storageKey(limited) || this.#hierarchy.isBelow(metric, limited)
  }

  #computeFootprint(shape: UsageShape, now: number): LimitFootprint {
    const used = shape.metrics.map((metric, index) => ({ metric, amount: shape.amounts[index]! }))
    const limits: number[] = []
    const needs: number[] = []
    this.limits.forEach((limit, index) => {
      const below = used.filter(({ metric }) => this.#fallsUnder(metric, limit.metric))
      if (below.length === 0) return
      limits.push(index)
      needs.push(below.reduce((sum, { amount }) => sum + amount, 0))
    })
    const unproved = shape.metrics.filter(
      (metric) => this.#metrics.provedAt(this.#metrics.slotOf(metric)) === Number.NEGATIVE_INFINITY,
    )
    const limited = this.limits.map(({ metric }) => metric)
    const hidden = new Map<string, readonly string[]>()
    for (const metric of shape.metrics) {
      const above = this.#hierarchy.hiddenAbove(metric, limited, now)
      if (above.length > 0) hidden.set(metric, above)
    }
    const counted = used.filter(({ amount }) => amount > 0)
    return {
      limits,
      needs,
      slots: counted.map(({ metric }) => this.#metrics.slotOf(metric)),
      amounts: counted.map(({ amount }) => amount),
      validUntil: unproved.length + hidden.size > 0 ? Number.NEGATIVE_INFINITY : now + HIERARCHY_TTL_MS,
      unproved,
      hidden,
    }
  }
}
