/** Turns the backend's denials into refusals: whose fault it is, and from when a retry may succeed. */
import type { Refusal } from '../decision/refusal.ts'
import { limitCountOf } from '../domain/limit-count.ts'
import { faultOf } from '../domain/rejection-codes.ts'
import type { UsageShape } from '../domain/usage.ts'
import type { LimitHeaders, NotAuthorized, UsageReport } from '../domain/verdict.ts'

/**
 * What a denial of the backend means for the caller. A code that is our own fault becomes `gateway_misconfigured`;
 * 3scale's sentence goes only to the operator's log.
 */
export function refusalFromVerdict(verdict: NotAuthorized, shape: UsageShape, now: number): Refusal {
  switch (faultOf(verdict.code)) {
    case 'ours':
      return { outcome: 'refuse', code: 'gateway_misconfigured' }
    case 'limits':
      return {
        outcome: 'refuse',
        code: verdict.code,
        reason: verdict.reason,
        limits: verdict.usageReports.map(limitCountOf),
        ...retryOf(verdict, shape, now),
      }
    case 'caller':
      return { outcome: 'refuse', code: verdict.code, reason: verdict.reason }
  }
}

function retryOf(verdict: NotAuthorized, shape: UsageShape, now: number): Pick<Refusal, 'retryAt' | 'disabled'> {
  const violated = violatedReports(verdict, shape, now)
  // Where no report shows the violated limit, the limit headers do: they describe the tightest limit.
  const tightest = violated.length === 0 ? verdict.limit?.max : undefined
  if (tightest === 0 || violated.some(({ max }) => max === 0)) return { disabled: true }
  // Waiting does not help against eternity, nor when the call alone is larger than the limit.
  if (violated.some(({ end, metric, max }) => end === undefined || amountOf(shape, metric) > max)) return {}
  const ends = violated.map(({ end }) => end!.getTime())
  if (ends.length > 0) return { retryAt: Math.max(...ends) }
  const seconds = verdict.limit?.resetSeconds ?? -1
  return seconds >= 0 ? { retryAt: now + seconds * 1000 } : {}
}

/**
 * The limits that this call violates. For a metric of the call, the numbers of its report show it. An ancestor is not
 * named in the call. But the limit headers describe the tightest limit of the call's metrics and their ancestors
 * (apisonator docs/extensions.md, limit_headers). So the limit of a full report with the same numbers is violated.
 */
function violatedReports(verdict: NotAuthorized, shape: UsageShape, now: number): UsageReport[] {
  return verdict.usageReports.filter((report) =>
    shape.metrics.includes(report.metric)
      ? report.current + amountOf(shape, report.metric) > report.max
      : report.current >= report.max && verdict.limit !== undefined && describes(verdict.limit, report, now),
  )
}

function describes(limit: LimitHeaders, report: UsageReport, now: number): boolean {
  if (limit.max !== report.max || limit.remaining > 0) return false
  if (report.end === undefined) return limit.resetSeconds === -1
  // The header counts whole seconds by the backend's clock; ours may differ by a few.
  return Math.abs(now + limit.resetSeconds * 1000 - report.end.getTime()) < 5000
}

function amountOf(shape: UsageShape, metric: string): number {
  const index = shape.metrics.indexOf(metric)
  return index === -1 ? 0 : shape.amounts[index]!
}
