/** A limit and its count, as the gateway keeps and compares them: in numbers, because dates would be garbage. */
import type { Period } from './period.ts'
import type { UsageReport } from './verdict.ts'

/** A usage report with times in epoch milliseconds. */
export interface LimitCount {
  readonly metric: string
  readonly period: Period
  /** Undefined for eternity. */
  readonly start: number | undefined
  /** First instant of the next window; undefined for eternity. */
  readonly end: number | undefined
  readonly max: number
  readonly current: number
}

export function usageReportOf({ metric, period, start, end, max, current }: LimitCount): UsageReport {
  return Object.freeze({
    metric,
    period,
    start: start === undefined ? undefined : new Date(start),
    end: end === undefined ? undefined : new Date(end),
    max,
    current,
    exceeded: current > max,
  })
}

export function limitCountOf({ metric, period, start, end, max, current }: UsageReport): LimitCount {
  return { metric, period, start: start?.getTime(), end: end?.getTime(), max, current }
}
