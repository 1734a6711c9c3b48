/** Decides by what the ledger knows, in one synchronous step: nothing comes between the check and the count. */
import { AllowedDecision } from '../decision/allowed-decision.ts'
import type { AllowedSource } from '../decision/decision.ts'
import type { Terms } from '../decision/route-policy.ts'
import type { UsageShape } from '../domain/usage.ts'
import type { Touched } from '../ledger/plan/plan-limits.ts'
import type { Decided } from './authorizer.ts'
import type { Identity } from './callers/identity.ts'
import { overLimits } from './local-refusals.ts'
import { HeldGrant } from './settle-response.ts'

export function decideLocally(
  identity: Identity,
  touched: Touched,
  usage: UsageShape,
  terms: Terms,
  now: number,
  source: AllowedSource,
): Decided {
  const { account } = identity
  const time = account.service.at(now)
  if (terms.counts === 'now') {
    if (account.admit(touched, time)) return new AllowedDecision(source, usage, identity, terms)
    return overLimits(account, touched, time)
  }
  if (!account.fits(touched, time)) return overLimits(account, touched, time)
  if (terms.counts !== 'with-response-code') return new AllowedDecision(source, usage, identity, terms)
  const row = account.countSeparately(touched, time)
  return new AllowedDecision(source, usage, new HeldGrant(identity, row), terms)
}
