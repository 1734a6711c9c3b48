/** Decides from what is remembered, in one synchronous step, or says that something has to be asked first. */

import type { AllowedSource } from '../../decision/decision.ts'
import type { Refusal } from '../../decision/refusal.ts'
import type { RoutePolicy } from '../../decision/route-policy.ts'
import type { UsageShape } from '../../domain/usage.ts'
import { type Clock, liesAhead } from '../../primitives/clock.ts'
import type { AuthorizationRequest, Decided } from '../authorizer.ts'
import type { CacheSettings } from '../cache-settings.ts'
import type { Identity } from '../callers/identity.ts'
import type { ServiceCache } from '../callers/service-cache.ts'
import { decideByLimits } from '../decide-by-limits.ts'
import { overLimits, refusalFromDenial, refuse } from '../refusals.ts'
import type { Refresher } from './refresher.ts'

export interface LocalDeciderOptions {
  readonly clock: Clock
  readonly cache: CacheSettings
}

export class LocalDecider {
  readonly #options: LocalDeciderOptions
  readonly #refresher: Refresher

  constructor(refresher: Refresher, options: LocalDeciderOptions) {
    this.#refresher = refresher
    this.#options = options
  }

  /**
   * A known caller's decision; undefined when something has to be asked first.
   *
   * @param source where the decision comes from; undefined: the cache, fresh or stale.
   */
  decide(
    cache: ServiceCache,
    identity: Identity,
    usage: UsageShape,
    policy: RoutePolicy,
    source: AllowedSource | undefined,
  ): Decided | undefined {
    const { ttlMs, staleMs, denialTtlMs, limitMargin } = this.#options.cache
    const now = this.#options.clock.now()
    const age = now - identity.provedAt
    // Also when the clock went backwards: nobody can tell the age then.
    if (!(age >= 0 && age < staleMs)) return undefined
    const { application } = identity
    if (application.evicted || identity.epoch !== application.service.epoch) return undefined
    const denial = application.denial ?? application.service.denial
    if (denial !== undefined) {
      return liesAhead(denial.until, now, denialTtlMs) ? refusalFromDenial(denial) : undefined
    }
    const footprint = application.planLimits.footprintOf(usage, now)
    if (now >= footprint.validUntil) {
      // What is known to be over its limits is so whatever else turns out.
      if (footprint.unproved.length > 0 || application.fits(footprint, application.service.at(now))) return undefined
      return overLimits(application, footprint, application.service.at(now))
    }
    if (age + identity.earlyMs >= ttlMs) this.#refresher.refresh(cache, identity)
    if (limitMargin > 0 && application.isNear(footprint, limitMargin)) return undefined
    return decideByLimits(identity, footprint, usage, policy, now, source ?? (age < ttlMs ? 'cache' : 'stale'))
  }

  /** Whether all is known but the usage of other processes, which `limitMargin` lets count here. */
  isNearLimit(cache: ServiceCache, { credentials, referrer, usage }: AuthorizationRequest): boolean {
    const { limitMargin, staleMs } = this.#options.cache
    if (limitMargin === 0) return false
    const identity = cache.identities.find(credentials, referrer)
    if (identity === undefined || identity.application.evicted) return false
    const now = this.#options.clock.now()
    const footprint = identity.application.planLimits.footprintOf(usage, now)
    return (
      liesAhead(identity.provedAt + staleMs, now, staleMs) &&
      identity.epoch === identity.application.service.epoch &&
      now < footprint.validUntil &&
      identity.application.isNear(footprint, limitMargin)
    )
  }

  /** What the backend lately said against a caller or one of the metrics; undefined when it has to be asked. */
  refusal(cache: ServiceCache, text: string, { usage }: AuthorizationRequest): Refusal | undefined {
    const { denialTtlMs } = this.#options.cache
    const now = this.#options.clock.now()
    const denial = cache.denials.last(text)
    if (denial !== undefined && liesAhead(denial.until, now, denialTtlMs)) {
      return refusalFromDenial(denial)
    }
    for (const metric of usage.metrics) {
      const bad = cache.badMetrics.get(metric)
      if (bad !== undefined && liesAhead(bad.until, now, denialTtlMs)) {
        return refuse('gateway_misconfigured', bad.reason)
      }
    }
    return undefined
  }
}
