/** What an answer of the backend means for the caller, for its application and for the usage of the question. */
import { faultOf } from '../domain/rejection-codes.ts'
import type { NotAuthorized, Verdict } from '../domain/verdict.ts'

/**
 * good: the identity is good and the metrics of the question exist. The backend checks limits last, so a refusal for
 * limits means the same.
 * usage: the identity is good, one of the metrics or amounts is not.
 * denied: `scope` says what the denial holds for.
 * provider: our own credential was refused, not the caller's.
 */
export type VerdictMeaning =
  | { readonly kind: 'good' }
  | { readonly kind: 'usage'; readonly metric: string | undefined }
  | { readonly kind: 'denied'; readonly scope: 'identity' | 'application' | 'service'; readonly verdict: NotAuthorized }
  | { readonly kind: 'provider'; readonly verdict: NotAuthorized }

/** Source: apisonator, order of checks (its validators: key, referrer, application state, service state, limits). */
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
