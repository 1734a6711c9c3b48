/** Refuses by what the backend said a moment ago, so that not each request of a denied caller costs a call. */
import type { Refusal } from '../decision/refusal.ts'
import type { UsageShape } from '../domain/usage.ts'
import { liesAhead } from '../primitives/clock.ts'
import type { ServiceCache } from './callers/service-cache.ts'
import { refusalFromDenial, refuse } from './refusals.ts'

/**
 * The refusal by a recent denial of the caller or of a metric; undefined when the backend has to be asked.
 *
 * @param text the caller's identity as text.
 */
export function rememberedRefusal(
  cache: ServiceCache,
  text: string,
  usage: UsageShape,
  now: number,
): Refusal | undefined {
  const denial = cache.denials.last(text)
  if (denial !== undefined && liesAhead(denial.until, now, cache.settings.denialTtlMs)) return refusalFromDenial(denial)
  return refusalByMetric(cache, usage, now)
}

/** The refusal by a recent denial of a metric. */
export function refusalByMetric(
  { badMetrics, settings }: ServiceCache,
  { metrics }: UsageShape,
  now: number,
): Refusal | undefined {
  if (badMetrics.size === 0) return undefined
  const { denialTtlMs } = settings
  for (const metric of metrics) {
    const bad = badMetrics.get(metric)
    if (bad !== undefined && liesAhead(bad.until, now, denialTtlMs)) return refuse('gateway_misconfigured', bad.reason)
  }
  return undefined
}
