/** What the first answer about a caller means: for him, for his application, for the usage he asked with. */
import { faultOf } from '../domain/rejection-codes.ts'
import type { NotAuthorized, Verdict } from '../domain/verdict.ts'

/**
 * good: the identity is good and the metrics asked with exist; limits are the last thing the backend looks at, so a
 * refusal for limits says the same.
 * usage: the identity is good, one of the metrics or amounts is not.
 * denied: `scope` says for whom it holds. ours: we are refused, not he.
 */
export type VerdictMeaning =
  | { readonly kind: 'good' }
  | { readonly kind: 'usage'; readonly metric: string | undefined }
  | { readonly kind: 'denied'; readonly scope: 'identity' | 'application' | 'service'; readonly verdict: NotAuthorized }
  | { readonly kind: 'provider'; readonly verdict: NotAuthorized }

/** Source: apisonator, order of checks (the validators: key, referrer, application state, service state, limits). */
export function interpretVerdict(verdict: Verdict, metrics: readonly string[]): VerdictMeaning {
  if (verdict.authorized) return { kind: 'good' }
  switch (verdict.code) {
    case 'limits_exceeded':
      return { kind: 'good' }
    case 'metric_invalid':
    case 'usage_value_invalid':
      return { kind: 'usage', metric: metricNamed(verdict.reason, metrics) }
    case 'application_not_active':
      return { kind: 'denied', scope: 'application', verdict }
    case 'service_not_active':
      return { kind: 'denied', scope: 'service', verdict }
    default:
      return faultOf(verdict.code) === 'ours'
        ? { kind: 'provider', verdict }
        : { kind: 'denied', scope: 'identity', verdict }
  }
}

function metricNamed(reason: string, metrics: readonly string[]): string | undefined {
  if (metrics.length === 1) return metrics[0]
  return metrics.find((metric) => reason.includes(`metric "${metric}"`))
}
