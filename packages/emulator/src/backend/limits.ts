/** Which limits a call is held against, and whether it stays within them. */
import { applyAmount } from '../counting/amount.ts'
import type { ApplicationCounters } from '../counting/counters.ts'
import type { Limit, Plan, Service } from '../provider/directory.ts'
import type { Windows } from '../provider/period.ts'
import type { Call, CountedLimit } from './call.ts'
import { errors } from './errors.ts'
import { processUsage, type RawUsage } from './usage.ts'

/** The limits of a plan with what the application has used of them. */
export function countLimits(
  limits: readonly Limit[],
  counters: ApplicationCounters,
  windows: Windows,
): readonly CountedLimit[] {
  return limits.map((limit) => ({
    limit,
    counted: counters.value(limit.metric.counterKey, limit.period, windows[limit.period].start),
  }))
}

/**
 * The limits of the metrics used and of their ancestors, all that is needed when no document is written.
 * @throws BackendError metric_invalid, names being taken literally here.
 */
export function limitsAffecting(plan: Plan, service: Service, usage: RawUsage): readonly Limit[] {
  const metrics = new Set(
    [...usage.keys()].flatMap((name) => {
      const metric = service.metric(name)
      if (!metric) throw errors.metricInvalid(name)
      return [metric, ...metric.ancestors]
    }),
  )
  return plan.limits.filter((limit) => metrics.has(limit.metric))
}

/**
 * With a usage: the limits of the metrics used hold after it. Without: all limits hold already.
 * @throws BackendError for a bad usage.
 */
export function withinLimits({ usage, service, extensions, limits }: Call): boolean {
  if (!usage) return limits.every(({ limit, counted }) => counted <= limit.value)
  const amounts = processUsage(service, usage, extensions.flatUsage)
  return limits.every(({ limit, counted }) => {
    const amount = amounts.get(limit.metric)
    return amount === undefined || applyAmount(amount, counted) <= limit.value
  })
}
