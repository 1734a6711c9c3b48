/** What a route's settings mean for authorization. */
import type { ResolvedOptions, ResolvedRoute } from '../configuration/options/resolved-options.ts'
import type { RoutePolicy } from '../decision/route-policy.ts'
import type { RequestView } from '../request/request-view.ts'

export function policyOfRoute<View extends RequestView>(
  { mode, responseCodes }: ResolvedOptions<View>,
  { onUnavailable, usageAfter }: ResolvedRoute<View>,
): RoutePolicy {
  const counted = responseCodes ? 'with-response-code' : 'now'
  const counts = mode === 'observe' ? 'never' : usageAfter !== undefined ? 'predicted' : counted
  return Object.freeze({ onUnavailable, counts, responseCodes })
}
