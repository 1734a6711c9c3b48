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
  { denials, badMetrics, settings }: ServiceCache,
  text: string,
  { metrics }: UsageShape,
  now: number,
): Refusal | undefined {
  const { denialTtlMs } = settings
  const denial = denials.last(text)
  if (denial !== undefined && liesAhead(denial.until, now, denialTtlMs)) return refusalFromDenial(denial)
  for (const metric of metrics) {
    const bad = badMetrics.get(metric)
    if (bad !== undefined && liesAhead(bad.until, now, denialTtlMs)) return refuse('gateway_misconfigured', bad.reason)
  }
  return undefined
}
