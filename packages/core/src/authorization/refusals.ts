/** The refusals that are decided without the backend, or because it cannot be asked. */
import type { GatewayDenialCode } from '../decision/decision.ts'
import type { Refusal } from '../decision/refusal.ts'
import type { ApplicationLedger } from '../ledger/application-ledger.ts'
import type { LimitFootprint } from '../ledger/plan/plan-limits.ts'
import { usageReports, violationOf } from '../ledger/plan/read-limits.ts'

export function refuse(code: GatewayDenialCode, reason?: string): Refusal {
  return { outcome: 'refuse', code, reason }
}

/** What a denial that is remembered means for the caller. */
export function refusalFromDenial({ code, reason }: { readonly code: string; readonly reason: string }): Refusal {
  return { outcome: 'refuse', code, reason }
}

/** The backend did not answer and the policy lets nobody in. */
export function unavailable(retryAt: number): Refusal {
  return { outcome: 'refuse', code: 'backend_unavailable', retryAt }
}

/** A limit would be passed. What is known of the limits is read only when somebody looks. */
export function overLimits(application: ApplicationLedger, footprint: LimitFootprint, time: number): Refusal {
  const { retryAt, disabled } = violationOf(application, footprint, time)
  const { clock } = application.service.ledger
  return {
    outcome: 'refuse',
    code: 'limits_exceeded',
    // Windows end by the service's time, callers are told by our clock.
    retryAt: retryAt === undefined ? undefined : retryAt - time + clock.now(),
    disabled,
    get limits() {
      return usageReports(application, time)
    },
  }
}
