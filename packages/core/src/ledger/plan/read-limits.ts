/** What the cells of an application tell about its limits. */
import type { UsageReport } from '../../domain/verdict.ts'
import { END, KNOWN, MAX, rollCell, START, WIDTH } from './limit-cells.ts'
import type { LimitFootprint, PlanLimits } from './plan-limits.ts'

/** Limits and the running count of each. */
export interface CountedLimits {
  readonly planLimits: PlanLimits
  readonly cells: number[]
}

/** The limits as usage reports, at a time by the service's clock. */
export function usageReports({ planLimits, cells }: CountedLimits, time: number): UsageReport[] {
  return planLimits.limits.map(({ metric, period }, limit) => {
    const at = limit * WIDTH
    if (time >= cells[at + END]!) rollCell(cells, planLimits, limit, time)
    const eternal = period === 'eternity'
    const current = cells[at + KNOWN]!
    const max = cells[at + MAX]!
    return Object.freeze({
      metric,
      period,
      start: eternal ? undefined : new Date(cells[at + START]!),
      end: eternal ? undefined : new Date(cells[at + END]!),
      max,
      current,
      exceeded: current > max,
    })
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
