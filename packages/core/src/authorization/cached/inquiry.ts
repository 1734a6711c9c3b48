/** Finds out what is missing to decide about a request, once for all requests that miss the same, and decides then. */
import { isAborted } from '../../primitives/abort.ts'
import { isPromise, type MaybePromise } from '../../primitives/maybe-promise.ts'
import type { AuthorizationRequest, AuthorizerOptions, Decided } from '../authorizer.ts'
import type { CacheLoader } from '../callers/cache-loader.ts'
import type { AncestorSearch, FoundCaller } from '../callers/caller-status.ts'
import { type Identity, identityText } from '../callers/identity.ts'
import type { ServiceCache } from '../callers/service-cache.ts'
import { decideInOutage, decideWithoutVerdict, type Outage, type OutageOptions } from '../decide-in-outage.ts'
import { decidePerRequest } from '../per-request.ts'
import { refusalFromVerdict } from '../refusal-from-verdict.ts'
import { refusalFromDenial, refuse } from '../refusals.ts'
import { rememberedRefusal } from '../remembered-refusal.ts'
import { findAncestors } from './find-ancestors.ts'

// The second question proves the metrics of the usage; the third is for a clock that jumped meanwhile.
const MAX_ATTEMPTS = 3

export interface InquiryParts {
  /** Decides about a known caller; undefined: something about the usage is not known. */
  decide(identity: Identity, request: AuthorizationRequest): MaybePromise<Decided | undefined>
  /**
   * Looks for a caller.
   *
   * @param attempt 1: any answer about the caller will do; above: one about the usage.
   */
  find(request: AuthorizationRequest, text: string, attempt: number): Promise<FoundCaller>
  /** Called when all ancestors of the metrics have been found, before the decision. */
  settled?(identity: Identity): Promise<void>
}

export class Inquiry {
  readonly #cache: ServiceCache
  readonly #loader: CacheLoader
  readonly #options: AuthorizerOptions & OutageOptions
  readonly #parts: InquiryParts

  constructor(
    cache: ServiceCache,
    loader: CacheLoader,
    options: AuthorizerOptions & OutageOptions,
    parts: InquiryParts,
  ) {
    this.#cache = cache
    this.#loader = loader
    this.#options = options
    this.#parts = parts
  }

  /** @param attempt how many answers the request has waited for, this one included. */
  ask(request: AuthorizationRequest, attempt = 1): Decided | Promise<Decided> {
    const { loads } = this.#cache
    const { usage } = request
    const text = identityText(request.credentials, request.referrer)
    const refusal = rememberedRefusal(this.#cache, text, usage, this.#options.clock.now())
    if (refusal !== undefined) return refusal
    // A request that waited for an answer about another usage asks about its own, once for all with the same metrics.
    const key = attempt === 1 ? text : `${text} ${JSON.stringify(usage.metrics)}`
    if (loads.isFull(key)) return refuse('overloaded')
    const load = loads.join(key, () => this.#parts.find(request, text, attempt))
    return load.then((found) => this.#afterAnswer(request, found, attempt))
  }

  /** Decides one of the requests that waited for an answer. */
  #afterAnswer(request: AuthorizationRequest, found: FoundCaller, attempt: number): Decided | Promise<Decided> {
    if (isAborted(request.view)) return refuse('client_closed_request')
    if (found.caller === undefined) return decideWithoutVerdict(this.#cache, request, found.answer, this.#options)
    const { caller } = found
    switch (caller.kind) {
      case 'known':
        return this.#decide(caller.identity, request, attempt)
      case 'unkept':
        return this.#perRequest(request)
      case 'usage': {
        const { metric, reason } = caller
        if (metric === undefined || request.usage.metrics.includes(metric) || attempt >= MAX_ATTEMPTS) {
          return refuse('gateway_misconfigured', reason)
        }
        return this.ask(request, attempt + 1)
      }
      case 'denied':
        return refusalFromDenial(caller.denial)
      case 'provider':
        return refuse('gateway_misconfigured', caller.reason)
    }
  }

  #decide(identity: Identity, request: AuthorizationRequest, attempt: number): Decided | Promise<Decided> {
    const decided = this.#parts.decide(identity, request)
    if (isPromise(decided)) {
      return decided.then((later) => later ?? this.#completeKnowledge(identity, request, attempt))
    }
    return decided ?? this.#completeKnowledge(identity, request, attempt)
  }

  /** The identity is known now, but not everything about this usage. */
  async #completeKnowledge(identity: Identity, request: AuthorizationRequest, attempt: number): Promise<Decided> {
    const { usage } = request
    const { clock } = this.#options
    const footprint = identity.application.planLimits.footprintOf(usage, clock.now())
    if (footprint.unproved.length > 0 || footprint.hidden.size === 0) {
      return await (attempt < MAX_ATTEMPTS ? this.ask(request, attempt + 1) : this.#perRequest(request))
    }
    for (const [metric, above] of footprint.hidden) {
      const search = await this.#findAncestors(identity, metric, above)
      if (search.kind === 'refused') return refusalFromVerdict(search.verdict, usage, clock.now())
      if (search.kind === 'unanswered') return decideInOutage(this.#cache, request, NO_ANSWER, this.#options)
    }
    await this.#parts.settled?.(identity)
    return (await this.#parts.decide(identity, request)) ?? (await this.#perRequest(request))
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
