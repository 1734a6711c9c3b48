/** Decides which callers pass while the backend does not answer, and what happens to their usage. */
import { BACKEND_RETRY_MS, type BackendAnswer } from '../backend/backend.ts'
import { AllowedDecision } from '../decision/allowed-decision.ts'
import type { UsageShape } from '../domain/usage.ts'
import type { ApplicationLedger } from '../ledger/application-ledger.ts'
import { Batch, type UnansweredUsage } from '../ledger/usage/batch.ts'
import type { Clock } from '../primitives/clock.ts'
import type { AuthorizationRequest, Decided } from './authorizer.ts'
import { type Identity, identityText } from './callers/identity.ts'
import type { ServiceCache } from './callers/service-cache.ts'
import { decideByLimits } from './decide-by-limits.ts'
import { overLimits, overloaded, refusalFromDenial, refuse, unavailable } from './refusals.ts'

export type Outage = Extract<BackendAnswer, { kind: 'unavailable' }>

export interface OutageOptions {
  readonly clock: Clock
  readonly ambiguous?: UnansweredUsage | undefined
  /** Decides about a known caller whose usage a store counts. Default: the ledger counts it. */
  readonly admitKnown?:
    | ((identity: Identity, request: AuthorizationRequest, retryAt: number) => Decided | Promise<Decided>)
    | undefined
}

/**
 * A caller whose last answer was a denial is refused under every policy. A known caller is limited by the last known
 * counts. An unknown caller passes only under 'allow'; its usage is held back until an answer confirms the credentials.
 */
export function decideInOutage(
  cache: ServiceCache,
  request: AuthorizationRequest,
  outage: Outage,
  options: OutageOptions,
): Decided | Promise<Decided> {
  const { credentials, referrer, usage, policy } = request
  const refusal = unavailable(options.clock.now() + (outage.retryAfterMs ?? BACKEND_RETRY_MS))
  if (policy.onUnavailable === 'deny') return refusal
  const identity = cache.identities.find(credentials, referrer)
  const text = identityText(credentials, referrer)
  const denial = identity?.application.denial ?? cache.ledger.denial ?? cache.denials.last(text)
  if (denial !== undefined) return refusalFromDenial(denial)
  if (identity !== undefined) {
    const { application } = identity
    const kept = application.evicted ? cache.ledger.application(application.id!) : application
    if (kept === undefined) return refuse('overloaded')
    identity.application = kept
    if (options.admitKnown !== undefined && !outage.mayHaveCounted) {
      return options.admitKnown(identity, request, refusal.retryAt!)
    }
    if (policy.onUnavailable === 'last-known' && !knowsLimits(kept, usage)) return refusal
    return admit(identity, request, outage, options)
  }
  if (policy.onUnavailable === 'last-known') return refusal
  const unverified = cache.admitUnverified(text, credentials, referrer)
  return unverified === undefined ? refuse('overloaded') : admit(unverified, request, outage, options)
}

/**
 * Whether the limits of this usage are known, however old. They are not after eviction, after a clock correction, or
 * for a metric never asked about, which may have a limited ancestor.
 */
function knowsLimits(application: ApplicationLedger, usage: UsageShape): boolean {
  return application.answered && !application.planLimits.mayHideLimits(usage)
}

function admit(
  identity: Identity,
  request: AuthorizationRequest,
  outage: Outage,
  { clock, ambiguous }: OutageOptions,
): Decided {
  const { usage, policy } = request
  const { application } = identity
  const now = clock.now()
  const footprint = application.planLimits.footprintOf(usage, now)
  const counts = policy.counts === 'now' || policy.counts === 'with-response-code'
  if (!outage.mayHaveCounted || !counts || ambiguous === 'count-again') {
    return decideByLimits(identity, footprint, request.usage, request.policy, now, 'policy')
  }
  // The call without an answer may have counted this very usage, and no later answer can tell.
  const time = application.service.at(now)
  if (!application.fits(footprint, time)) return overLimits(application, footprint, time)
  const row = application.reserve(footprint, time)
  if (row !== undefined) new Batch(application.service, [{ application, row }], 'reserved').giveUp('ambiguous', true)
  return new AllowedDecision('policy', usage, identity, policy)
}

/** The decision about a request for which the backend gave no verdict. */
export function decideWithoutVerdict(
  cache: ServiceCache,
  request: AuthorizationRequest,
  answer: Exclude<BackendAnswer, { kind: 'verdict' }>,
  options: OutageOptions,
): Decided | Promise<Decided> {
  switch (answer.kind) {
    case 'unavailable':
      return decideInOutage(cache, request, answer, options)
    case 'overloaded':
      return overloaded(answer.retryAfterMs === undefined ? undefined : options.clock.now() + answer.retryAfterMs)
    case 'closed':
      return refuse('gateway_closed')
    case 'aborted':
      return refuse('client_closed_request')
    case 'malformed':
      return refuse('credentials_malformed')
    case 'misconfigured':
      return refuse('gateway_misconfigured')
  }
}
