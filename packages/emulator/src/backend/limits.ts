/** Which limits apply to a call, and whether the call stays within them. */
import { applyAmount } from '../counting/amount.ts'
import type { ApplicationCounters } from '../counting/counters.ts'
import type { Limit, Plan, Service } from '../provider/directory.ts'
import type { Windows } from '../provider/period.ts'
import type { Call, CountedLimit } from './call.ts'
import { errors } from './errors.ts'
import { processUsage, type RawUsage } from './usage.ts'

/** The limits of a plan, each with its counter among those that are read for the application. */
export function countLimits(
  limits: readonly Limit[],
  counters: ApplicationCounters,
  windows: Windows,
): readonly CountedLimit[] {
  return limits.map((limit) => ({
    limit,
    counted: counters.value(limit.metric.readKey, limit.period, windows[limit.period].start),
  }))
}

/**
 * The limits of the used metrics and of their ancestors. An answer without a document needs no others. The backend
 * sorts these by metric ids as text, so 10 comes before 9, which shows in the limit headers.
 * @throws BackendError metric_invalid; names are not trimmed here.
 */
export function limitsAffecting(plan: Plan, service: Service, usage: RawUsage): readonly Limit[] {
  const metrics = new Set(
    [...usage.keys()].flatMap((name) => {
      const metric = service.metric(name)
      if (!metric) throw errors.metricInvalid(name)
      return [metric, ...metric.ancestors]
    }),
  )
  return plan.limitsByTextOfId.filter((limit) => metrics.has(limit.metric))
}

/**
 * With a usage: whether the limits of the used metrics still hold after it. Without: whether all limits hold.
 * @throws BackendError for an invalid usage.
 */
export function withinLimits({ usage, service, extensions, limits }: Call): boolean {
  if (!usage) return limits.every(({ limit, counted }) => counted <= limit.value)
  const amounts = processUsage(service, usage, extensions.flatUsage)
  return limits.every(({ limit, counted }) => {
    const amount = amounts.get(limit.metric)
    return amount === undefined || applyAmount(amount, counted) <= limit.value
  })
}
