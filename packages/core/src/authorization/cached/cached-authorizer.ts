/** Decides from the ledger; asks the backend only about what it does not know, once for all who wait for the same. */

import { Backend } from '../../backend/backend.ts'
import type { Breaker } from '../../backend/breaker.ts'
import type { CallGate } from '../../backend/bulkhead.ts'
import type { ResolvedCache, ResolvedReport } from '../../configuration/options/resolved-options.ts'
import type { ProtectedService, Terms } from '../../decision/route-policy.ts'
import type { Credentials } from '../../domain/credentials.ts'
import type { UsageShape } from '../../domain/usage.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { Observer } from '../../observe/observer.ts'
import { isAborted } from '../../primitives/abort.ts'
import type { Clock } from '../../primitives/clock.ts'
import type { Authorizer, Decided, Question } from '../authorizer.ts'
import { type Answered, Questions } from '../callers/cache-loader.ts'
import { type Identity, identityText } from '../callers/identity.ts'
import { refusalOf } from '../callers/remembered-denials.ts'
import type { ServiceCache } from '../callers/service-cache.ts'
import { ServiceCaches } from '../callers/service-caches.ts'
import { decideByPolicy, decideWithoutVerdict, type Outage } from '../decide-in-outage.ts'
import { refuse } from '../local-refusals.ts'
import { decidePerRequest } from '../per-request.ts'
import { refusalOf as refusalOfVerdict } from '../refusals.ts'
import { settle } from '../settle-response.ts'
import { type Settlement, settleHidden } from './find-ancestors.ts'
import { Memory } from './local-decider.ts'
import { Refresher } from './refresher.ts'

export interface CachedOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly cache: ResolvedCache
  readonly gate: CallGate
  readonly breaker: Breaker | undefined
  readonly observer: Pick<Observer, 'called' | 'cached' | 'misconfigured'>
  /** What becomes of usage that a call without an answer may have counted. Default 'give-up'. */
  readonly ambiguous?: ResolvedReport['ambiguous'] | undefined
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
  readonly #questions: Questions
  readonly #memory: Memory

  constructor(options: CachedOptions) {
    this.#options = options
    this.#backend = new Backend(options)
    this.#caches = new ServiceCaches(options)
    this.#questions = new Questions({ ...options, backend: this.#backend, caches: this.#caches })
    this.#memory = new Memory(new Refresher(this.#questions, options), options)
    options.ledger.asker = (application) => this.#questions.askAbout(application)
  }

  recall(
    service: ProtectedService,
    credentials: Credentials,
    usage: UsageShape,
    referrer: string | undefined,
    terms: Terms,
  ): Decided | undefined {
    const cache = this.#caches.of(service)
    const identity = cache.identities.find(credentials, referrer)
    return identity === undefined ? undefined : this.#memory.decide(cache, identity, usage, terms, undefined)
  }

  decide(question: Question): Decided | Promise<Decided> {
    const { service, credentials, usage, referrer, terms } = question
    const recalled = this.recall(service, credentials, usage, referrer, terms)
    if (recalled !== undefined) return recalled
    const cache = this.#caches.of(service)
    return this.#memory.isNearLimit(cache, question) ? this.#perRequest(cache, question) : this.#ask(cache, question, 1)
  }

  settle: Authorizer['settle'] = settle

  /** @param attempt how many answers the request has waited for, this one included. */
  #ask(cache: ServiceCache, question: Question, attempt: number): Decided | Promise<Decided> {
    const { credentials, referrer, usage } = question
    const text = identityText(credentials, referrer)
    const refusal = this.#memory.refusal(cache, text, question)
    if (refusal !== undefined) return refusal
    // Whoever waited for an answer about another usage asks about his own, together with those of the same metrics.
    const topic = attempt === 1 ? text : `${text} ${JSON.stringify(usage.metrics)}`
    if (cache.flights.isFull(topic)) return refuse('overloaded')
    const flight = cache.flights.join(topic, () => {
      if (attempt === 1) this.#options.observer.cached('miss', cache.service.id, credentials)
      const identity = cache.identities.find(credentials, referrer)
      const about = { account: identity?.account, known: identity !== undefined }
      return this.#questions.ask(cache, { credentials, referrer, usage: usage.usage, ...about })
    })
    return flight.then((answered) => this.#afterAnswer(cache, question, answered, attempt))
  }

  /** What an answer means for one of those who waited for it. */
  #afterAnswer(
    cache: ServiceCache,
    question: Question,
    { answer, lesson }: Answered,
    attempt: number,
  ): Decided | Promise<Decided> {
    if (isAborted(question.view)) return refuse('client_closed_request')
    if (lesson === undefined) return decideWithoutVerdict(cache, question, answer, this.#options)
    switch (lesson.kind) {
      case 'known': {
        const { identity } = lesson
        const decided = this.#memory.decide(cache, identity, question.usage, question.terms, 'backend')
        return decided ?? this.#openUp(cache, identity, question, attempt)
      }
      case 'unkept':
        return this.#perRequest(cache, question)
      case 'usage': {
        const { metric, reason } = lesson
        if (metric === undefined || question.usage.metrics.includes(metric) || attempt >= MAX_ATTEMPTS) {
          return refuse('gateway_misconfigured', reason)
        }
        return this.#ask(cache, question, attempt + 1)
      }
      case 'denied':
        return refusalOf(lesson.denial)
      case 'ours':
        return refuse('gateway_misconfigured', lesson.reason)
    }
  }

  /** The identity is known now, but not all about this usage. */
  async #openUp(cache: ServiceCache, identity: Identity, question: Question, attempt: number): Promise<Decided> {
    const { usage, terms } = question
    const now = this.#options.clock.now()
    const touched = identity.account.layout.touched(usage, now)
    if (this.#memory.isNearLimit(cache, question)) return await this.#perRequest(cache, question)
    if (touched.unproved.length > 0 || touched.hidden.size === 0) {
      return await (attempt < MAX_ATTEMPTS
        ? this.#ask(cache, question, attempt + 1)
        : this.#perRequest(cache, question))
    }
    for (const [metric, above] of touched.hidden) {
      const settlement = await this.#settleHidden(cache, identity, metric, above)
      if (settlement.kind === 'refused') return refusalOfVerdict(settlement.verdict, usage, this.#options.clock.now())
      if (settlement.kind === 'unanswered') return decideByPolicy(cache, question, NO_ANSWER, this.#options)
    }
    const decided = this.#memory.decide(cache, identity, usage, terms, 'backend')
    return decided ?? (await this.#perRequest(cache, question))
  }

  /** Once for all who wait for the same metric. */
  #settleHidden(
    cache: ServiceCache,
    { credentials, referrer, account }: Identity,
    metric: string,
    above: readonly string[],
  ): Promise<Settlement> {
    return cache.settling.join(metric, () =>
      settleHidden(account, metric, above, async (usage) => {
        const enquiry = { credentials, referrer, usage, account, known: true, usageAlone: true }
        const { answer, lesson } = await this.#questions.ask(cache, enquiry)
        return lesson === undefined || lesson.kind !== 'known' ? undefined : answer.verdict
      }),
    )
  }

  #perRequest(cache: ServiceCache, question: Question): Promise<Decided> {
    return decidePerRequest({
      backend: this.#backend,
      cache,
      question,
      clock: this.#options.clock,
      byPolicy: (answer) => decideWithoutVerdict(cache, question, answer, this.#options),
    })
  }
}

const NO_ANSWER: Outage = Object.freeze({ kind: 'unavailable', retryAfterMs: undefined, mayHaveCounted: false })
