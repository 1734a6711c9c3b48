/** At the end of a response: counts usage that is known only now, and notes the status of the response. */
import { type Admission, AllowedDecision } from '../decision/allowed-decision.ts'
import type { Ending } from '../decision/ending.ts'
import type { UsageShape } from '../domain/usage.ts'
import type { ResponseView } from '../request/request-view.ts'
import { AwaitingDecision } from './awaiting-decision.ts'
import type { MeteredAdmission } from './metered-admission.ts'
import { StoredHold } from './stored-hold.ts'

/**
 * To be called once per allowed decision, at the end of its response. Counts what `usageAfter` brought and, where
 * wanted, notes the status of the response. Never throws.
 */
export function settleResponse(
  allowed: AllowedDecision,
  response: ResponseView,
  after: UsageShape | undefined,
  ending: Ending,
): void {
  if (!AllowedDecision.end(allowed, ending)) return
  const { admission, policy } = AllowedDecision.partsOf(allowed)
  // The usual case: everything was counted when the request was admitted, or when a handler added it.
  if (after === undefined && policy.counts === 'now') return
  if (policy.counts === 'never' || !isMetered(admission)) return
  const code = policy.responseCodes ? response.status : undefined
  const held = AwaitingDecision.heldBy(allowed)
  if (held instanceof StoredHold) held.release(code)
  else if (held !== undefined) admission.application.release(held, code)
  if (after !== undefined) admission.count(after, policy.counts === 'predicted' ? code : undefined)
}

function isMetered(admission: Admission): admission is MeteredAdmission {
  return 'application' in admission
}
