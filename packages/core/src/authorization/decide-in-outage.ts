/** Who passes while the backend does not answer, and what becomes of their usage. */

import type { BackendAnswer } from '../backend/backend.ts'
import { AllowedDecision } from '../decision/allowed-decision.ts'
import type { UsageShape } from '../domain/usage.ts'
import type { ApplicationLedger } from '../ledger/application-ledger.ts'
import { Batch, type UnansweredUsage } from '../ledger/usage/batch.ts'
import type { Clock } from '../primitives/clock.ts'
import type { AuthorizationRequest, Decided } from './authorizer.ts'
import { type Identity, identityText } from './callers/identity.ts'
import type { ServiceCache } from './callers/service-cache.ts'
import { decideByLimits } from './decide-by-limits.ts'
import { overLimits, refusalFromDenial, refuse, unavailable } from './refusals.ts'

const RETRY_MS = 1000

export type Outage = Extract<BackendAnswer, { kind: 'unavailable' }>

export interface PolicyContext {
  readonly clock: Clock
  readonly ambiguous?: UnansweredUsage | undefined
}

/**
 * Nobody whose last word from the backend was a denial passes, under any policy. A known caller passes within the limits
 * as last known; a stranger only under 'allow', and his usage is kept apart until an answer proves it.
 */
export function decideInOutage(
  cache: ServiceCache,
  request: AuthorizationRequest,
  outage: Outage,
  context: PolicyContext,
): Decided {
  const { credentials, referrer, usage, policy } = request
  const refusal = unavailable(context.clock.now() + (outage.retryAfterMs ?? RETRY_MS))
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
    if (policy.onUnavailable === 'last-known' && !knowsLimits(kept, usage)) return refusal
    return admit(identity, request, outage, context)
  }
  if (policy.onUnavailable === 'last-known') return refusal
  const unverified = cache.admitUnverified(text, credentials, referrer)
  return unverified === undefined ? refuse('overloaded') : admit(unverified, request, outage, context)
}

/**
 * Whether it is known, be it of long ago, which limits hold for the usage. They went with an application that was forgotten,
 * and when our clock turned out to be wrong; and the first usage of a metric may have an ancestor that nobody has asked about.
 */
function knowsLimits(application: ApplicationLedger, usage: UsageShape): boolean {
  return application.answered && !application.planLimits.mayHideLimits(usage)
}

function admit(
  identity: Identity,
  request: AuthorizationRequest,
  outage: Outage,
  { clock, ambiguous }: PolicyContext,
): Decided {
  const { usage, policy } = request
  const { application } = identity
  const now = clock.now()
  const footprint = application.planLimits.footprintOf(usage, now)
  const counts = policy.counts === 'now' || policy.counts === 'with-response-code'
  if (!outage.mayHaveCounted || !counts || ambiguous === 'count-again') {
    return decideByLimits(identity, footprint, request.usage, request.policy, now, 'policy')
  }
  // The call without an answer may have counted this very usage, and no later answer tells.
  const time = application.service.at(now)
  if (!application.fits(footprint, time)) return overLimits(application, footprint, time)
  const row = application.reserve(footprint, time)
  if (row !== undefined) new Batch(application.service, [row]).giveUp('ambiguous', true)
  return new AllowedDecision('policy', usage, identity, policy)
}

/** What becomes of a request whose question to the backend brought no verdict. */
export function decideWithoutVerdict(
  cache: ServiceCache,
  request: AuthorizationRequest,
  answer: Exclude<BackendAnswer, { kind: 'verdict' }>,
  context: PolicyContext,
): Decided {
  switch (answer.kind) {
    case 'unavailable':
      return decideInOutage(cache, request, answer, context)
    case 'overloaded':
      return refuse('overloaded')
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
