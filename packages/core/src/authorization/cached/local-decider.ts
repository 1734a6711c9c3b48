/** Decides by what is remembered, in one synchronous step, or tells that the backend has to be asked first. */
import type { AllowedSource } from '../../decision/decision.ts'
import type { RoutePolicy } from '../../decision/route-policy.ts'
import type { UsageShape } from '../../domain/usage.ts'
import { type Clock, liesAhead } from '../../primitives/clock.ts'
import type { Decided } from '../authorizer.ts'
import { type Identity, isKnown } from '../callers/identity.ts'
import type { ServiceCache } from '../callers/service-cache.ts'
import { decideByLimits } from '../decide-by-limits.ts'
import { overLimits, refusalFromDenial } from '../refusals.ts'
import type { Refresher } from './refresher.ts'

export class LocalDecider {
  readonly #cache: ServiceCache
  readonly #refresher: Refresher
  readonly #clock: Clock

  constructor(cache: ServiceCache, refresher: Refresher, clock: Clock) {
    this.#cache = cache
    this.#refresher = refresher
    this.#clock = clock
  }

  /**
   * The decision about a known caller; undefined when the backend has to be asked first.
   *
   * @param source what the decision names as its source; undefined: the cache, fresh or stale.
   */
  decide(
    identity: Identity,
    usage: UsageShape,
    policy: RoutePolicy,
    source: AllowedSource | undefined,
  ): Decided | undefined {
    const { ttlMs, staleMs, denialTtlMs } = this.#cache.settings
    const now = this.#clock.now()
    if (!isKnown(identity, now, staleMs)) return undefined
    const { application } = identity
    const denial = application.denial ?? application.service.denial
    if (denial !== undefined) {
      return liesAhead(denial.until, now, denialTtlMs) ? refusalFromDenial(denial) : undefined
    }
    const footprint = application.planLimits.footprintOf(usage, now)
    if (now >= footprint.validUntil) {
      // Safe although metrics are unproved: a limit that is exceeded stays exceeded.
      if (footprint.unproved.length > 0 || application.fits(footprint, application.service.at(now))) return undefined
      return overLimits(application, footprint, application.service.at(now))
    }
    const age = now - identity.provedAt
    if (age + identity.earlyMs >= ttlMs) this.#refresher.refresh(identity)
    return decideByLimits(identity, footprint, usage, policy, now, source ?? (age < ttlMs ? 'cache' : 'stale'))
  }
}
