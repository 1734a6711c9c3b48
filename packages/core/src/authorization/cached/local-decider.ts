/** Decides from what is remembered, in one synchronous step, or says that something has to be asked first. */

import type { ResolvedCache } from '../../configuration/options/resolved-options.ts'
import type { AllowedSource, Refusal } from '../../decision/decision.ts'
import type { Terms } from '../../decision/route-policy.ts'
import type { UsageShape } from '../../domain/usage.ts'
import { type Clock, liesAhead } from '../../primitives/clock.ts'
import type { Decided, Question } from '../authorizer.ts'
import type { Identity } from '../callers/identity.ts'
import { refusalOf } from '../callers/remembered-denials.ts'
import type { ServiceCache } from '../callers/service-cache.ts'
import { decideLocally } from '../decide-by-limits.ts'
import { overLimits, refuse } from '../local-refusals.ts'
import type { Refresher } from './refresher.ts'

export interface MemoryOptions {
  readonly clock: Clock
  readonly cache: ResolvedCache
}

export class Memory {
  readonly #options: MemoryOptions
  readonly #refresher: Refresher

  constructor(refresher: Refresher, options: MemoryOptions) {
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
    terms: Terms,
    source: AllowedSource | undefined,
  ): Decided | undefined {
    const { ttlMs, staleMs, denialTtlMs, limitMargin } = this.#options.cache
    const now = this.#options.clock.now()
    const age = now - identity.provedAt
    // Also when the clock went backwards: nobody can tell the age then.
    if (!(age >= 0 && age < staleMs)) return undefined
    const { account } = identity
    if (account.evicted || identity.epoch !== account.service.epoch) return undefined
    const denial = account.denial ?? account.service.denial
    if (denial !== undefined) {
      return liesAhead(denial.until, now, denialTtlMs) ? refusalOf(denial) : undefined
    }
    const touched = account.layout.touched(usage, now)
    if (now >= touched.validUntil) {
      // What is known to be over its limits is so whatever else turns out.
      if (touched.unproved.length > 0 || account.fits(touched, account.service.at(now))) return undefined
      return overLimits(account, touched, account.service.at(now))
    }
    if (age + identity.earlyMs >= ttlMs) this.#refresher.refresh(cache, identity)
    if (limitMargin > 0 && account.isNear(touched, limitMargin)) return undefined
    return decideLocally(identity, touched, usage, terms, now, source ?? (age < ttlMs ? 'cache' : 'stale'))
  }

  /** Whether all is known but the usage of other processes, which `limitMargin` lets count here. */
  isNearLimit(cache: ServiceCache, { credentials, referrer, usage }: Question): boolean {
    const { limitMargin, staleMs } = this.#options.cache
    if (limitMargin === 0) return false
    const identity = cache.identities.find(credentials, referrer)
    if (identity === undefined || identity.account.evicted) return false
    const now = this.#options.clock.now()
    const touched = identity.account.layout.touched(usage, now)
    return (
      liesAhead(identity.provedAt + staleMs, now, staleMs) &&
      identity.epoch === identity.account.service.epoch &&
      now < touched.validUntil &&
      identity.account.isNear(touched, limitMargin)
    )
  }

  /** What the backend lately said against a caller or one of the metrics; undefined when it has to be asked. */
  refusal(cache: ServiceCache, text: string, { usage }: Question): Refusal | undefined {
    const { denialTtlMs } = this.#options.cache
    const now = this.#options.clock.now()
    const denial = cache.denials.last(text)
    if (denial !== undefined && liesAhead(denial.until, now, denialTtlMs)) {
      return refusalOf(denial)
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
