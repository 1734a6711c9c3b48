/** At the end of a response: counts usage that is known only now, and notes the status of the response. */
import { type Admission, AllowedDecision, NOTHING_ADDED } from '../decision/allowed-decision.ts'
import { createUsageShape, type UsageShape } from '../domain/usage.ts'
import type { ApplicationLedger } from '../ledger/application-ledger.ts'
import type { ResponseView } from '../request/request-view.ts'
import { AwaitingDecision } from './awaiting-decision.ts'
import type { MeteredAdmission } from './metered-admission.ts'

/**
 * To be called once per allowed decision, at the end of its response. Counts what `addUsage` and `usageAfter` brought
 * and, where wanted, notes the status of the response. Never throws.
 */
export function settleResponse(allowed: AllowedDecision, response: ResponseView, after: UsageShape | undefined): void {
  const { admission, policy } = AllowedDecision.partsOf(allowed)
  const added = AllowedDecision.end(allowed)
  // The usual case: everything was counted when the request was admitted.
  if (added === NOTHING_ADDED && after === undefined && policy.counts === 'now') return
  if (added === undefined || policy.counts === 'never' || !isMetered(admission)) return
  const code = policy.responseCodes ? response.status : undefined
  const row = AwaitingDecision.rowOf(allowed)
  if (row !== undefined) admission.application.release(row, code)
  const bringsCode = policy.counts === 'predicted' ? code : undefined
  if (after !== undefined) settleUsage(admission.application, after, bringsCode)
  if (Object.keys(added).length > 0) {
    settleUsage(admission.application, createUsageShape(added), after === undefined ? bringsCode : undefined)
  }
}

function settleUsage(application: ApplicationLedger, shape: UsageShape, code: number | undefined): void {
  const now = application.service.ledger.clock.now()
  const time = application.service.at(now)
  const owner = application.evicted ? ownerOf(application) : application
  const footprint = owner.planLimits.footprintOf(shape, now)
  if (code === undefined) owner.count(footprint, time)
  else owner.countAsOwnTransaction(footprint, time, code)
}

/** The ledger that takes the usage of an application that was evicted or had no room. */
function ownerOf({ service, id, provedAt }: ApplicationLedger): ApplicationLedger {
  return service.applications.get(id!) ?? service.overflow(id!, provedAt)
}

function isMetered(admission: Admission): admission is MeteredAdmission {
  return 'application' in admission
}
