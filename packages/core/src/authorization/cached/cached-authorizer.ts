/** Decides from the ledger. Asks the backend only for what is unknown, once for all requests that wait for the same. */
import type { ProtectedService } from '../../decision/protected-service.ts'
import type { RoutePolicy } from '../../decision/route-policy.ts'
import type { Credentials } from '../../domain/credentials.ts'
import type { UsageShape } from '../../domain/usage.ts'
import type { ApplicationLedger } from '../../ledger/application-ledger.ts'
import { isAborted } from '../../primitives/abort.ts'
import type { AuthorizationRequest, Authorizer, AuthorizerOptions, Decided } from '../authorizer.ts'
import { CacheLoader } from '../callers/cache-loader.ts'
import type { AncestorSearch, LoadResult } from '../callers/caller-status.ts'
import { type Identity, identityText } from '../callers/identity.ts'
import { ServiceCache } from '../callers/service-cache.ts'
import { decideInOutage, decideWithoutVerdict, type Outage } from '../decide-in-outage.ts'
import { decidePerRequest } from '../per-request.ts'
import { refusalFromVerdict } from '../refusal-from-verdict.ts'
import { refusalFromDenial, refuse } from '../refusals.ts'
import { shareOf } from '../share-of.ts'
import { findAncestors } from './find-ancestors.ts'
import { LocalDecider } from './local-decider.ts'
import { Refresher } from './refresher.ts'

// The second question proves the metrics of the usage; the third is for a clock that jumped meanwhile.
const MAX_ATTEMPTS = 3

/** Starts no timer: timers belong to `reporting/`. */
export function createCachedAuthorizer(options: AuthorizerOptions): Authorizer {
  return new CachedAuthorizer(options)
}

class CachedAuthorizer implements Authorizer {
  readonly #options: AuthorizerOptions
  readonly #service: ProtectedService
  readonly #cache: ServiceCache
  readonly #loader: CacheLoader
  readonly #decider: LocalDecider

  constructor(options: AuthorizerOptions) {
    this.#options = options
    this.#service = options.service
    this.#cache = new ServiceCache(options)
    this.#loader = new CacheLoader(this.#cache, options)
    this.#decider = new LocalDecider(this.#cache, new Refresher(this.#loader, options), options.clock)
  }

  recall(
    credentials: Credentials,
    usage: UsageShape,
    referrer: string | undefined,
    policy: RoutePolicy,
  ): Decided | undefined {
    const identity = this.#cache.identities.find(credentials, referrer)
    return identity === undefined ? undefined : this.#decider.decide(identity, usage, policy, undefined)
  }

  decide(request: AuthorizationRequest): Decided | Promise<Decided> {
    return this.#ask(request, 1)
  }

  prove(application: ApplicationLedger): Promise<boolean> {
    return this.#loader.prove(application)
  }

  /** @param attempt how many answers the request has waited for, this one included. */
  #ask(request: AuthorizationRequest, attempt: number): Decided | Promise<Decided> {
    const { credentials, referrer, usage } = request
    const { identities, loads } = this.#cache
    const text = identityText(credentials, referrer)
    const refusal = this.#decider.refusal(text, request)
    if (refusal !== undefined) return refusal
    // A request that waited for an answer about another usage asks about its own, once for all with the same metrics.
    const key = attempt === 1 ? text : `${text} ${JSON.stringify(usage.metrics)}`
    if (loads.isFull(key)) return refuse('overloaded')
    const load = loads.join(key, () => {
      if (attempt === 1) this.#options.observer.cached('miss', this.#service.id, credentials)
      const identity = identities.find(credentials, referrer)
      const known = this.#cache.isAccepted(text, identity)
      const share = known ? undefined : shareOf(known, text, request, this.#options)
      const about = { application: identity?.application, known, share }
      return this.#loader.load({ credentials, referrer, usage: usage.usage, ...about })
    })
    return load.then((result) => this.#afterAnswer(request, result, attempt))
  }

  /** Decides one of the requests that waited for an answer. */
  #afterAnswer(
    request: AuthorizationRequest,
    { answer, caller }: LoadResult,
    attempt: number,
  ): Decided | Promise<Decided> {
    if (isAborted(request.view)) return refuse('client_closed_request')
    if (caller === undefined) return decideWithoutVerdict(this.#cache, request, answer, this.#options)
    switch (caller.kind) {
      case 'known': {
        const { identity } = caller
        const decided = this.#decider.decide(identity, request.usage, request.policy, 'backend')
        return decided ?? this.#completeKnowledge(identity, request, attempt)
      }
      case 'unkept':
        return this.#perRequest(request)
      case 'usage': {
        const { metric, reason } = caller
        if (metric === undefined || request.usage.metrics.includes(metric) || attempt >= MAX_ATTEMPTS) {
          return refuse('gateway_misconfigured', reason)
        }
        return this.#ask(request, attempt + 1)
      }
      case 'denied':
        return refusalFromDenial(caller.denial)
      case 'provider':
        return refuse('gateway_misconfigured', caller.reason)
    }
  }

  /** The identity is known now, but not everything about this usage. */
  async #completeKnowledge(identity: Identity, request: AuthorizationRequest, attempt: number): Promise<Decided> {
    const { usage, policy } = request
    const { clock } = this.#options
    const footprint = identity.application.planLimits.footprintOf(usage, clock.now())
    if (footprint.unproved.length > 0 || footprint.hidden.size === 0) {
      return await (attempt < MAX_ATTEMPTS ? this.#ask(request, attempt + 1) : this.#perRequest(request))
    }
    for (const [metric, above] of footprint.hidden) {
      const search = await this.#findAncestors(identity, metric, above)
      if (search.kind === 'refused') return refusalFromVerdict(search.verdict, usage, clock.now())
      if (search.kind === 'unanswered') return decideInOutage(this.#cache, request, NO_ANSWER, this.#options)
    }
    const decided = this.#decider.decide(identity, usage, policy, 'backend')
    return decided ?? (await this.#perRequest(request))
  }

  /** Searches once for all requests that wait for the same metric. */
  #findAncestors(
    { credentials, referrer, application }: Identity,
    metric: string,
    above: readonly string[],
  ): Promise<AncestorSearch> {
    const { ancestorSearches, ledger } = this.#cache
    return ancestorSearches.join(metric, () =>
      findAncestors(ledger, metric, above, async (usage) => {
        const question = { credentials, referrer, usage, application, known: true, usageAlone: true }
        const { answer, caller } = await this.#loader.load(question)
        return caller === undefined || caller.kind !== 'known' ? undefined : answer.verdict
      }),
    )
  }

  #perRequest(request: AuthorizationRequest): Promise<Decided> {
    return decidePerRequest(this.#cache, request, this.#options)
  }
}

const NO_ANSWER: Outage = Object.freeze({ kind: 'unavailable', retryAfterMs: undefined, mayHaveCounted: false })
