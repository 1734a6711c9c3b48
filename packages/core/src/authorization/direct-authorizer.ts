/**
 * One call to the backend a request, as the classic 3scale plugins do. What is remembered of callers serves only the
 * bounds on calls, the policy during an outage and usage that is known after the response.
 */

import { LRUCache } from 'lru-cache'
import { Backend } from '../backend/backend.ts'
import type { Breaker } from '../backend/breaker.ts'
import type { Bulkhead } from '../backend/bulkhead.ts'
import type { AuthorizeCall } from '../client/client.ts'
import { AllowedDecision } from '../decision/allowed-decision.ts'
import type { Authorized, NotAuthorized } from '../domain/verdict.ts'
import type { ApplicationLedger } from '../ledger/application-ledger.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { QuestionStamp } from '../ledger/service-ledger.ts'
import type { UnansweredUsage } from '../ledger/usage/batch.ts'
import type { Observer } from '../observe/observer.ts'
import { isAborted } from '../primitives/abort.ts'
import type { Clock } from '../primitives/clock.ts'
import { detachString } from '../primitives/detach-string.ts'
import type { AuthorizationRequest, Authorizer, Decided } from './authorizer.ts'
import { AwaitingDecision } from './awaiting-decision.ts'
import type { CacheSettings } from './cache-settings.ts'
import { CacheLoader } from './callers/cache-loader.ts'
import { identityText } from './callers/identity.ts'
import type { CallerStatus, ServiceCache } from './callers/service-cache.ts'
import { ServiceCaches } from './callers/service-caches.ts'
import { decideWithoutVerdict } from './decide-in-outage.ts'
import { DirectAdmission } from './direct-admission.ts'
import { refusalFromVerdict } from './refusal-from-verdict.ts'
import { refuse } from './refusals.ts'
import { settleResponse } from './settle-response.ts'

export interface DirectOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  /** Bounds of what is remembered for an outage. */
  readonly cache: CacheSettings
  readonly bulkhead: Bulkhead
  readonly breaker: Breaker | undefined
  readonly observer: Pick<Observer, 'called' | 'cached' | 'misconfigured'>
  /** What becomes of usage that a call without an answer may have counted. Default 'give-up'. */
  readonly ambiguous?: UnansweredUsage | undefined
}

// list_app_keys brings the application's id also for user keys.
const EXTENSIONS: AuthorizeCall['extensions'] = Object.freeze({
  rejectionReasonHeader: true,
  limitHeaders: true,
  listAppKeys: true,
})

/** Creates nothing that runs. */
export function createDirectAuthorizer(options: DirectOptions): Authorizer {
  return new DirectAuthorizer(options)
}

class DirectAuthorizer implements Authorizer {
  readonly #options: DirectOptions
  readonly #backend: Backend
  readonly #caches: ServiceCaches
  /** Callers whose last answer let them in. */
  readonly #welcome: LRUCache<string, true>

  constructor(options: DirectOptions) {
    this.#options = options
    this.#backend = new Backend(options)
    this.#caches = new ServiceCaches(options)
    this.#welcome = new LRUCache({ max: options.cache.maxApplications })
    const questions = new CacheLoader({ ...options, backend: this.#backend, caches: this.#caches })
    options.ledger.asker = (application) => questions.askAbout(application)
  }

  /** Every request is asked about. */
  recall(): undefined {}

  settle: Authorizer['settle'] = settleResponse

  async decide(request: AuthorizationRequest): Promise<Decided> {
    const { service, credentials, referrer, usage, policy, view } = request
    const cache = this.#caches.of(service)
    const caller = `${service.id ?? ''} ${identityText(credentials, referrer)}`
    const stamp = this.#options.ledger.stampQuestion()
    const answer = await this.#backend.ask({
      endpoint: policy.counts === 'now' ? 'authrep' : 'authorize',
      client: service.client,
      service: service.id,
      credentials,
      call: { usage: usage.usage, referrer, extensions: EXTENSIONS, caller: view },
      known: this.#welcome.has(caller),
    })
    if (answer.kind !== 'verdict') return decideWithoutVerdict(cache, request, answer, this.#options)
    const { verdict } = answer
    if (!verdict.authorized) {
      this.#welcome.delete(caller)
      return this.#denied(cache, request, verdict, stamp)
    }
    this.#welcome.set(detachString(caller), true)
    if (policy.counts === 'now') cache.ledger.countedElsewhere(usage)
    // The call on the wire was let finish; nobody waits for the handler any more.
    if (isAborted(view)) return refuse('client_closed_request')
    return this.#allowed(cache, request, verdict, stamp)
  }

  #allowed(cache: ServiceCache, request: AuthorizationRequest, verdict: Authorized, stamp: QuestionStamp): Decided {
    const { service, credentials, referrer, usage, policy } = request
    const learn = () => this.#learn(cache, request, verdict, stamp)
    const accountOf = (): ApplicationLedger => {
      const caller = learn()
      if (caller.kind === 'known') return caller.identity.application
      // It cannot be kept: what it uses is given up, and said, when the gateway closes.
      const unverified = cache.admitUnverified(identityText(credentials, referrer), credentials, referrer)
      return unverified?.application ?? cache.ledger.ledger.unverified(cache.ledger)
    }
    // Whoever passed during an outage is proved now, and his usage with him; 'last-known' needs the last word of each.
    if (policy.onUnavailable === 'last-known' || cache.unverified.size > 0) learn()
    const admission = new DirectAdmission(service, verdict, accountOf)
    if (policy.counts !== 'with-response-code') return new AllowedDecision('backend', usage, admission, policy)
    const now = this.#options.clock.now()
    const { application } = admission
    const row = application.countAsOwnTransaction(
      application.planLimits.footprintOf(usage, now),
      application.service.at(now),
    )
    return new AwaitingDecision('backend', usage, admission, policy, row)
  }

  #denied(cache: ServiceCache, request: AuthorizationRequest, verdict: NotAuthorized, stamp: QuestionStamp): Decided {
    this.#learn(cache, request, verdict, stamp)
    return refusalFromVerdict(verdict, request.usage, this.#options.clock.now())
  }

  #learn(
    cache: ServiceCache,
    { credentials, referrer, usage }: Pick<AuthorizationRequest, 'credentials' | 'referrer' | 'usage'>,
    verdict: Authorized | NotAuthorized,
    stamp: QuestionStamp,
  ): CallerStatus {
    const asked = { credentials, referrer, metrics: usage.metrics, stamp }
    return cache.learn(verdict, asked, this.#options.clock.now())
  }
}
