/** Decides from the ledger; asks the backend only about what it does not know, once for all who wait for the same. */

import { Backend } from '../../backend/backend.ts'
import type { Breaker } from '../../backend/breaker.ts'
import type { Bulkhead } from '../../backend/bulkhead.ts'
import type { ProtectedService } from '../../decision/protected-service.ts'
import type { RoutePolicy } from '../../decision/route-policy.ts'
import type { Credentials } from '../../domain/credentials.ts'
import type { UsageShape } from '../../domain/usage.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { UnansweredUsage } from '../../ledger/usage/batch.ts'
import type { Observer } from '../../observe/observer.ts'
import { isAborted } from '../../primitives/abort.ts'
import type { Clock } from '../../primitives/clock.ts'
import type { AuthorizationRequest, Authorizer, Decided } from '../authorizer.ts'
import type { CacheSettings } from '../cache-settings.ts'
import { CacheLoader, type LoadResult } from '../callers/cache-loader.ts'
import { type Identity, identityText } from '../callers/identity.ts'
import type { ServiceCache } from '../callers/service-cache.ts'
import { ServiceCaches } from '../callers/service-caches.ts'
import { decideInOutage, decideWithoutVerdict, type Outage } from '../decide-in-outage.ts'
import { decidePerRequest } from '../per-request.ts'
import { refusalFromVerdict } from '../refusal-from-verdict.ts'
import { refusalFromDenial, refuse } from '../refusals.ts'
import { settleResponse } from '../settle-response.ts'
import { type AncestorSearch, findAncestors } from './find-ancestors.ts'
import { LocalDecider } from './local-decider.ts'
import { Refresher } from './refresher.ts'

export interface CachedOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly cache: CacheSettings
  readonly bulkhead: Bulkhead
  readonly breaker: Breaker | undefined
  readonly observer: Pick<Observer, 'called' | 'cached' | 'misconfigured'>
  /** What becomes of usage that a call without an answer may have counted. Default 'give-up'. */
  readonly ambiguous?: UnansweredUsage | undefined
  /** 0 to 1, for jitter. Default Math.random. */
  readonly random?: (() => number) | undefined
}

// The second question proves the metrics of the usage; a third is for a clock that jumped meanwhile.
const MAX_ATTEMPTS = 3

/** Creates nothing that runs: timers belong to reporting. */
export function createCachedAuthorizer(options: CachedOptions): Authorizer {
  return new CachedAuthorizer(options)
}

class CachedAuthorizer implements Authorizer {
  readonly #options: CachedOptions
  readonly #backend: Backend
  readonly #caches: ServiceCaches
  readonly #questions: CacheLoader
  readonly #decider: LocalDecider

  constructor(options: CachedOptions) {
    this.#options = options
    this.#backend = new Backend(options)
    this.#caches = new ServiceCaches(options)
    this.#questions = new CacheLoader({ ...options, backend: this.#backend, caches: this.#caches })
    this.#decider = new LocalDecider(new Refresher(this.#questions, options), options)
    options.ledger.asker = (application) => this.#questions.askAbout(application)
  }

  recall(
    service: ProtectedService,
    credentials: Credentials,
    usage: UsageShape,
    referrer: string | undefined,
    policy: RoutePolicy,
  ): Decided | undefined {
    const cache = this.#caches.of(service)
    const identity = cache.identities.find(credentials, referrer)
    return identity === undefined ? undefined : this.#decider.decide(cache, identity, usage, policy, undefined)
  }

  decide(request: AuthorizationRequest): Decided | Promise<Decided> {
    const { service, credentials, usage, referrer, policy } = request
    const recalled = this.recall(service, credentials, usage, referrer, policy)
    if (recalled !== undefined) return recalled
    const cache = this.#caches.of(service)
    return this.#decider.isNearLimit(cache, request) ? this.#perRequest(cache, request) : this.#ask(cache, request, 1)
  }

  settle: Authorizer['settle'] = settleResponse

  /** @param attempt how many answers the request has waited for, this one included. */
  #ask(cache: ServiceCache, request: AuthorizationRequest, attempt: number): Decided | Promise<Decided> {
    const { credentials, referrer, usage } = request
    const text = identityText(credentials, referrer)
    const refusal = this.#decider.refusal(cache, text, request)
    if (refusal !== undefined) return refusal
    // Whoever waited for an answer about another usage asks about his own, together with those of the same metrics.
    const topic = attempt === 1 ? text : `${text} ${JSON.stringify(usage.metrics)}`
    if (cache.flights.isFull(topic)) return refuse('overloaded')
    const flight = cache.flights.join(topic, () => {
      if (attempt === 1) this.#options.observer.cached('miss', cache.service.id, credentials)
      const identity = cache.identities.find(credentials, referrer)
      const about = { application: identity?.application, known: identity !== undefined }
      return this.#questions.ask(cache, { credentials, referrer, usage: usage.usage, ...about })
    })
    return flight.then((result) => this.#afterAnswer(cache, request, result, attempt))
  }

  /** What an answer means for one of those who waited for it. */
  #afterAnswer(
    cache: ServiceCache,
    request: AuthorizationRequest,
    { answer, caller }: LoadResult,
    attempt: number,
  ): Decided | Promise<Decided> {
    if (isAborted(request.view)) return refuse('client_closed_request')
    if (caller === undefined) return decideWithoutVerdict(cache, request, answer, this.#options)
    switch (caller.kind) {
      case 'known': {
        const { identity } = caller
        const decided = this.#decider.decide(cache, identity, request.usage, request.policy, 'backend')
        return decided ?? this.#openUp(cache, identity, request, attempt)
      }
      case 'unkept':
        return this.#perRequest(cache, request)
      case 'usage': {
        const { metric, reason } = caller
        if (metric === undefined || request.usage.metrics.includes(metric) || attempt >= MAX_ATTEMPTS) {
          return refuse('gateway_misconfigured', reason)
        }
        return this.#ask(cache, request, attempt + 1)
      }
      case 'denied':
        return refusalFromDenial(caller.denial)
      case 'provider':
        return refuse('gateway_misconfigured', caller.reason)
    }
  }

  /** The identity is known now, but not all about this usage. */
  async #openUp(
    cache: ServiceCache,
    identity: Identity,
    request: AuthorizationRequest,
    attempt: number,
  ): Promise<Decided> {
    const { usage, policy } = request
    const now = this.#options.clock.now()
    const footprint = identity.application.planLimits.footprintOf(usage, now)
    if (this.#decider.isNearLimit(cache, request)) return await this.#perRequest(cache, request)
    if (footprint.unproved.length > 0 || footprint.hidden.size === 0) {
      return await (attempt < MAX_ATTEMPTS ? this.#ask(cache, request, attempt + 1) : this.#perRequest(cache, request))
    }
    for (const [metric, above] of footprint.hidden) {
      const settlement = await this.#findAncestors(cache, identity, metric, above)
      if (settlement.kind === 'refused') return refusalFromVerdict(settlement.verdict, usage, this.#options.clock.now())
      if (settlement.kind === 'unanswered') return decideInOutage(cache, request, NO_ANSWER, this.#options)
    }
    const decided = this.#decider.decide(cache, identity, usage, policy, 'backend')
    return decided ?? (await this.#perRequest(cache, request))
  }

  /** Once for all who wait for the same metric. */
  #findAncestors(
    cache: ServiceCache,
    { credentials, referrer, application }: Identity,
    metric: string,
    above: readonly string[],
  ): Promise<AncestorSearch> {
    return cache.ancestorSearches.join(metric, () =>
      findAncestors(application, metric, above, async (usage) => {
        const request = { credentials, referrer, usage, application, known: true, usageAlone: true }
        const { answer, caller } = await this.#questions.ask(cache, request)
        return caller === undefined || caller.kind !== 'known' ? undefined : answer.verdict
      }),
    )
  }

  #perRequest(cache: ServiceCache, request: AuthorizationRequest): Promise<Decided> {
    return decidePerRequest({
      backend: this.#backend,
      cache,
      request,
      clock: this.#options.clock,
      byPolicy: (answer) => decideWithoutVerdict(cache, request, answer, this.#options),
    })
  }
}

const NO_ANSWER: Outage = Object.freeze({ kind: 'unavailable', retryAfterMs: undefined, mayHaveCounted: false })
