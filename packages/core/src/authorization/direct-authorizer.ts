/**
 * One call to the backend a request, as the classic 3scale plugins do. What is remembered of callers serves only the
 * bounds on calls, the policy during an outage and usage that is known after the response.
 */
import { LRUCache } from 'lru-cache'
import { Backend } from '../backend/backend.ts'
import type { Breaker } from '../backend/breaker.ts'
import type { CallGate } from '../backend/bulkhead.ts'
import type { AuthorizeCall } from '../client/client.ts'
import type { ResolvedCache, ResolvedReport } from '../configuration/options/resolved-options.ts'
import { AllowedDecision } from '../decision/allowed-decision.ts'
import type { Authorized, NotAuthorized } from '../domain/verdict.ts'
import type { Application } from '../ledger/application-ledger.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { OpenQuestion } from '../ledger/service-ledger.ts'
import type { Observer } from '../observe/observer.ts'
import { isAborted } from '../primitives/abort.ts'
import type { Clock } from '../primitives/clock.ts'
import { ownString } from '../primitives/detach-string.ts'
import type { Authorizer, Decided, Question } from './authorizer.ts'
import { Questions } from './callers/cache-loader.ts'
import { identityText } from './callers/identity.ts'
import type { Lesson, ServiceCache } from './callers/service-cache.ts'
import { ServiceCaches } from './callers/service-caches.ts'
import { decideWithoutVerdict } from './decide-in-outage.ts'
import { DirectGrant } from './direct-grant.ts'
import { refuse } from './local-refusals.ts'
import { refusalOf } from './refusals.ts'
import { HeldGrant, settle } from './settle-response.ts'

export interface DirectOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  /** Bounds of what is remembered for an outage. */
  readonly cache: ResolvedCache
  readonly gate: CallGate
  readonly breaker: Breaker | undefined
  readonly observer: Pick<Observer, 'called' | 'cached' | 'misconfigured'>
  /** What becomes of usage that a call without an answer may have counted. Default 'give-up'. */
  readonly ambiguous?: ResolvedReport['ambiguous'] | undefined
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
    const questions = new Questions({ ...options, backend: this.#backend, caches: this.#caches })
    options.ledger.asker = (application) => questions.askAbout(application)
  }

  /** Every request is asked about. */
  recall(): undefined {}

  settle: Authorizer['settle'] = settle

  async decide(question: Question): Promise<Decided> {
    const { service, credentials, referrer, usage, terms, view } = question
    const cache = this.#caches.of(service)
    const caller = `${service.id ?? ''} ${identityText(credentials, referrer)}`
    const opened = this.#options.ledger.openQuestion()
    const answer = await this.#backend.ask({
      endpoint: terms.counts === 'now' ? 'authrep' : 'authorize',
      client: service.client,
      service: service.id,
      credentials,
      call: { usage: usage.usage, referrer, extensions: EXTENSIONS, caller: view },
      known: this.#welcome.has(caller),
    })
    if (answer.kind !== 'verdict') return decideWithoutVerdict(cache, question, answer, this.#options)
    const { verdict } = answer
    if (!verdict.authorized) {
      this.#welcome.delete(caller)
      return this.#denied(cache, question, verdict, opened)
    }
    this.#welcome.set(ownString(caller), true)
    if (terms.counts === 'now') cache.ledger.countedElsewhere(usage)
    // The call on the wire was let finish; nobody waits for the handler any more.
    if (isAborted(view)) return refuse('client_closed_request')
    return this.#allowed(cache, question, verdict, opened)
  }

  #allowed(cache: ServiceCache, question: Question, verdict: Authorized, opened: OpenQuestion): Decided {
    const { service, credentials, referrer, usage, terms } = question
    const learn = () => this.#learn(cache, question, verdict, opened)
    const accountOf = (): Application => {
      const lesson = learn()
      if (lesson.kind === 'known') return lesson.identity.account
      // It cannot be kept: what it uses is given up, and said, when the gateway closes.
      const stranger = cache.admitStranger(identityText(credentials, referrer), credentials, referrer)
      return stranger?.account ?? cache.ledger.ledger.stranger(cache.ledger)
    }
    // Whoever passed during an outage is proved now, and his usage with him; 'last-known' needs the last word of each.
    if (terms.onUnavailable === 'last-known' || cache.strangers.size > 0) learn()
    const grant = new DirectGrant(service, verdict, accountOf)
    if (terms.counts !== 'with-response-code') return new AllowedDecision('backend', usage, grant, terms)
    const now = this.#options.clock.now()
    const { account } = grant
    const row = account.countSeparately(account.layout.touched(usage, now), account.service.at(now))
    return new AllowedDecision('backend', usage, new HeldGrant(grant, row), terms)
  }

  #denied(cache: ServiceCache, question: Question, verdict: NotAuthorized, opened: OpenQuestion): Decided {
    this.#learn(cache, question, verdict, opened)
    return refusalOf(verdict, question.usage, this.#options.clock.now())
  }

  #learn(
    cache: ServiceCache,
    { credentials, referrer, usage }: Pick<Question, 'credentials' | 'referrer' | 'usage'>,
    verdict: Authorized | NotAuthorized,
    opened: OpenQuestion,
  ): Lesson {
    const asked = { credentials, referrer, metrics: usage.metrics, opened }
    return cache.learn(verdict, asked, this.#options.clock.now())
  }
}
