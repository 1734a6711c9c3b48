/** The refusals that are decided without the backend, or because it cannot be asked. */
import type { GatewayDenialCode } from '../decision/decision.ts'
import type { Refusal } from '../decision/refusal.ts'
import type { ApplicationLedger } from '../ledger/application-ledger.ts'
import type { LimitFootprint } from '../ledger/plan/plan-limits.ts'
import { limitCounts, violationOf } from '../ledger/plan/read-limits.ts'

export function refuse(code: GatewayDenialCode, reason?: string): Refusal {
  return { outcome: 'refuse', code, reason }
}

/** The refusal of a request by a remembered denial. */
export function refusalFromDenial({ code, reason }: { readonly code: string; readonly reason: string }): Refusal {
  return { outcome: 'refuse', code, reason }
}

/** The backend did not answer, and `onUnavailable` does not admit the caller. */
export function unavailable(retryAt: number): Refusal {
  return { outcome: 'refuse', code: 'backend_unavailable', retryAt }
}

/** Too much at once, here or at the backend, which may have said from when a retry makes sense. */
export function overloaded(retryAt: number | undefined): Refusal {
  return { outcome: 'refuse', code: 'overloaded', retryAt }
}

/** A limit would be exceeded. */
export function overLimits(application: ApplicationLedger, footprint: LimitFootprint, time: number): Refusal {
  const { retryAt, disabled } = violationOf(application, footprint, time)
  const { clock } = application.service.ledger
  return {
    outcome: 'refuse',
    code: 'limits_exceeded',
    // Windows end by the service's time, `retryAt` is by our clock.
    retryAt: retryAt === undefined ? undefined : retryAt - time + clock.now(),
    disabled,
    limits: limitCounts(application, time),
  }
}
