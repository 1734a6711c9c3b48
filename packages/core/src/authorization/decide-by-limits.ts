/** Decides by what the ledger knows, in one synchronous step: nothing comes between the check and the count. */

import { AllowedDecision } from '../decision/allowed-decision.ts'
import type { AllowedSource } from '../decision/decision.ts'
import type { RoutePolicy } from '../decision/route-policy.ts'
import type { UsageShape } from '../domain/usage.ts'
import type { LimitFootprint } from '../ledger/plan/plan-limits.ts'
import type { Decided } from './authorizer.ts'
import { AwaitingDecision } from './awaiting-decision.ts'
import type { Identity } from './callers/identity.ts'
import { overLimits } from './refusals.ts'

export function decideByLimits(
  identity: Identity,
  footprint: LimitFootprint,
  usage: UsageShape,
  policy: RoutePolicy,
  now: number,
  source: AllowedSource,
): Decided {
  const { application } = identity
  const time = application.service.at(now)
  if (policy.counts === 'now') {
    if (application.admit(footprint, time)) return new AllowedDecision(source, usage, identity, policy)
    return overLimits(application, footprint, time)
  }
  if (!application.fits(footprint, time)) return overLimits(application, footprint, time)
  if (policy.counts !== 'with-response-code') return new AllowedDecision(source, usage, identity, policy)
  const row = application.countAsOwnTransaction(footprint, time)
  return new AwaitingDecision(source, usage, identity, policy, row)
}
