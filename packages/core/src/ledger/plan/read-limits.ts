/** What the cells of an application tell about its limits. */
import type { LimitCount } from '../../domain/limit-count.ts'
import { END, KNOWN, MAX, rollCell, START, WIDTH } from './limit-cells.ts'
import type { LimitFootprint, PlanLimits } from './plan-limits.ts'

/** Limits and the running count of each. */
export interface CountedLimits {
  readonly planLimits: PlanLimits
  readonly cells: number[]
}

/** The limits and their counts, at a time by the service's clock. */
export function limitCounts({ planLimits, cells }: CountedLimits, time: number): LimitCount[] {
  return planLimits.limits.map(({ metric, period }, limit) => {
    const at = limit * WIDTH
    if (time >= cells[at + END]!) rollCell(cells, planLimits, limit, time)
    const eternal = period === 'eternity'
    return {
      metric,
      period,
      start: eternal ? undefined : cells[at + START]!,
      end: eternal ? undefined : cells[at + END]!,
      max: cells[at + MAX]!,
      current: cells[at + KNOWN]!,
    }
  })
}

export interface Violation {
  /** When the last of the violated windows ends, by the service's time; undefined when waiting does not help. */
  readonly retryAt: number | undefined
  /** One of the violated limits is 0: the plan does not contain the metric. */
  readonly disabled: boolean
}

/** What a denial tells about the limits that a usage violates. */
export function violationOf({ planLimits, cells }: CountedLimits, footprint: LimitFootprint, time: number): Violation {
  let retryAt = 0
  let disabled = false
  footprint.limits.forEach((limit, i) => {
    const at = limit * WIDTH
    if (time >= cells[at + END]!) rollCell(cells, planLimits, limit, time)
    const max = cells[at + MAX]!
    const need = footprint.needs[i]!
    if (cells[at + KNOWN]! + need <= max) return
    if (max === 0) disabled = true
    retryAt = Math.max(retryAt, need > max ? Number.POSITIVE_INFINITY : cells[at + END]!)
  })
  return { retryAt: Number.isFinite(retryAt) ? retryAt : undefined, disabled }
}
