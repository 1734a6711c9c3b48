/** Decides from the ledger; asks the backend only about what it does not know, once for all who wait for the same. */
import { isAborted } from '../abortable.ts'
import type { Breaker } from '../client/breaker.ts'
import type { CallGate } from '../client/call-gate.ts'
import type { AuthorizeCall } from '../client/client.ts'
import type { Credentials } from '../client/credentials.ts'
import type { NotAuthorized } from '../client/verdict.ts'
import { type Clock, liesAhead } from '../clock.ts'
import type { AllowedSource, Refusal } from '../decision.ts'
import type { Application } from '../ledger/application.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { waitingMetrics } from '../ledger/take-batches.ts'
import type { Observer } from '../observe/observer.ts'
import type { ResolvedCache, ResolvedReport } from '../options/resolved-options.ts'
import type { ProtectedService, Terms } from '../terms.ts'
import { createUsageShape, type UsageShape } from '../usage.ts'
import type { Authorizer, Question } from './authorizer.ts'
import { Backend, type BackendAnswer } from './backend.ts'
import { settle } from './booking.ts'
import { decideByPolicy, decideWithoutVerdict, type Outage } from './by-policy.ts'
import { decideLocally } from './decide-locally.ts'
import { refusalOf } from './denials.ts'
import { type Identity, identityText, secretsOf } from './identity.ts'
import { overLimits, refuse } from './local-refusals.ts'
import { decidePerRequest } from './per-request.ts'
import { refusalOf as refusalOfVerdict } from './refusals.ts'
import type { Lesson, ServiceCache } from './service-cache.ts'
import { ServiceCaches } from './service-caches.ts'
import { type Settlement, settleHidden } from './settle-hierarchy.ts'
import type { Decided, Waiter } from './waiter.ts'

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
const RETRY_MS = 1000

const EXTENSIONS: AuthorizeCall['extensions'] = Object.freeze({
  hierarchy: true,
  listAppKeys: true,
  limitHeaders: true,
  rejectionReasonHeader: true,
})

/** Creates nothing that runs: timers belong to reporting. */
export function createCachedAuthorizer(options: CachedOptions): Authorizer {
  return new CachedAuthorizer(options)
}

class CachedAuthorizer implements Authorizer {
  readonly #options: CachedOptions
  readonly #backend: Backend
  readonly #caches: ServiceCaches

  constructor(options: CachedOptions) {
    this.#options = options
    this.#backend = new Backend(options)
    this.#caches = new ServiceCaches(options)
    options.ledger.asker = (application) => this.#askAbout(application)
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
    return identity === undefined ? undefined : this.#fromMemory(cache, identity, usage, terms, undefined)
  }

  decide(question: Question): Decided | Promise<Decided> {
    const { service, credentials, usage, referrer, terms } = question
    const recalled = this.recall(service, credentials, usage, referrer, terms)
    if (recalled !== undefined) return recalled
    const cache = this.#caches.of(service)
    return this.#nearLimit(cache, question) ? this.#perRequest(cache, question) : this.#ask(cache, question, 1)
  }

  /** Whether all is known but the usage of other processes, which `limitMargin` lets count here. */
  #nearLimit(cache: ServiceCache, { credentials, referrer, usage }: Question): boolean {
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

  settle: Authorizer['settle'] = settle

  /** Undefined when something has to be asked first. */
  #fromMemory(
    cache: ServiceCache,
    identity: Identity,
    usage: UsageShape,
    terms: Terms,
    source: AllowedSource | undefined,
  ): Decided | undefined {
    const { ttlMs, staleMs } = this.#options.cache
    const now = this.#options.clock.now()
    const age = now - identity.provedAt
    // Also when the clock went backwards: nobody can tell the age then.
    if (!(age >= 0 && age < staleMs)) return undefined
    const { account } = identity
    if (account.evicted || identity.epoch !== account.service.epoch) return undefined
    const denial = account.denial ?? account.service.denial
    if (denial !== undefined) {
      return liesAhead(denial.until, now, this.#options.cache.denialTtlMs)
        ? refusalOf(denial, secretsOf(identity.credentials, identity.referrer))
        : undefined
    }
    const touched = account.layout.touched(usage, now)
    if (now >= touched.validUntil) {
      // What is known to be over its limits is so whatever else turns out.
      if (touched.unproved.length > 0 || account.fits(touched, account.service.at(now))) return undefined
      return overLimits(account, touched, account.service.at(now))
    }
    if (age >= ttlMs) this.#refresh(cache, identity, now)
    if (this.#options.cache.limitMargin > 0 && account.isNear(touched, this.#options.cache.limitMargin))
      return undefined
    return decideLocally(identity, touched, usage, terms, now, source ?? (age < ttlMs ? 'cache' : 'stale'))
  }

  #ask(cache: ServiceCache, question: Question, attempt: number): Decided | Promise<Decided> {
    const { credentials, referrer } = question
    const text = identityText(credentials, referrer)
    const now = this.#options.clock.now()
    const denial = cache.denials.last(text)
    const { denialTtlMs } = this.#options.cache
    if (denial !== undefined && liesAhead(denial.until, now, denialTtlMs))
      return refusalOf(denial, secretsOf(credentials, referrer))
    for (const metric of question.usage.metrics) {
      const bad = cache.badMetrics.get(metric)
      if (bad !== undefined && liesAhead(bad.until, now, denialTtlMs))
        return refuse('gateway_misconfigured', bad.reason)
    }
    // Whoever waited for an answer about another usage asks about his own, together with those of the same metrics.
    const topic = attempt === 1 ? text : `${text} ${JSON.stringify(question.usage.metrics)}`
    const waiters = cache.flights.get(topic)
    if (waiters === undefined) {
      const flight: Waiter[] = []
      cache.flights.set(topic, flight)
      if (attempt === 1) this.#options.observer.cached('miss', cache.service.id, credentials)
      return new Promise((resolve) => {
        flight.push({ question, attempt, resolve })
        void this.#fly(cache, question, topic, flight)
      })
    }
    if (waiters.length >= this.#options.cache.maxWaiters) return refuse('overloaded')
    return new Promise((resolve) => waiters.push({ question, attempt, resolve }))
  }

  async #fly(cache: ServiceCache, question: Question, topic: string, flight: readonly Waiter[]): Promise<void> {
    const { credentials, referrer } = question
    const identity = cache.identities.find(credentials, referrer)
    const { answer, lesson } = await this.#question(cache, question, identity)
    cache.flights.delete(topic)
    for (const waiter of flight) waiter.resolve(this.#afterAnswer(cache, waiter, answer, lesson))
  }

  /** One authorize; whatever it teaches is remembered. */
  async #question(
    cache: ServiceCache,
    { credentials, referrer, usage }: Pick<Question, 'credentials' | 'referrer' | 'usage'>,
    identity: Identity | undefined,
    provesWaiting = true,
  ): Promise<{ answer: BackendAnswer; lesson: Lesson | undefined }> {
    const { ledger, clock } = this.#options
    for (;;) {
      const account = identity?.account
      const call: Record<string, number> = Object.create(null)
      if (account !== undefined && provesWaiting) for (const metric of waitingMetrics(account)) call[metric] = 0
      Object.assign(call, usage.usage)
      const opened = ledger.openQuestion()
      if (account !== undefined) account.questions += 1
      const answer = await this.#backend.ask({
        endpoint: 'authorize',
        client: cache.service.client,
        service: cache.service.id,
        credentials,
        call: { usage: call, referrer, extensions: EXTENSIONS },
        known: identity !== undefined,
      })
      if (account !== undefined) account.questions -= 1
      let lesson: Lesson | undefined
      if (answer.kind === 'verdict') {
        const metrics = Object.keys(call)
        lesson = cache.learn(answer.verdict, { credentials, referrer, metrics, opened }, clock.now())
      }
      if (account !== undefined) ledger.markBusy(account)
      const gone = lesson?.kind === 'usage' ? lesson.metric : undefined
      if (gone === undefined || account === undefined) return { answer, lesson }
      ledger.giveUpWaiting(account, 'metric_gone', gone)
      if (usage.metrics.includes(gone)) return { answer, lesson }
    }
  }

  #afterAnswer(
    cache: ServiceCache,
    { question, attempt }: Waiter,
    answer: BackendAnswer,
    taught: Lesson | undefined,
  ): Decided | Promise<Decided> {
    if (isAborted(question.view)) return refuse('client_closed_request')
    if (answer.kind !== 'verdict') return decideWithoutVerdict(cache, question, answer, this.#options)
    // A verdict always teaches something.
    const lesson = taught!
    switch (lesson.kind) {
      case 'known': {
        const decided = this.#fromMemory(cache, lesson.identity, question.usage, question.terms, 'backend')
        if (decided !== undefined) return decided
        return this.#openUp(cache, lesson.identity, question, attempt)
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
        return refusalOf(lesson.denial, secretsOf(question.credentials, question.referrer))
      case 'ours':
        return refuse('gateway_misconfigured', lesson.reason)
    }
  }

  /** The identity is known now, but not all about this usage. */
  async #openUp(cache: ServiceCache, identity: Identity, question: Question, attempt: number): Promise<Decided> {
    const now = this.#options.clock.now()
    const touched = identity.account.layout.touched(question.usage, now)
    if (this.#nearLimit(cache, question)) return await this.#perRequest(cache, question)
    if (touched.unproved.length > 0 || touched.hidden.size === 0) {
      return await (attempt < MAX_ATTEMPTS
        ? this.#ask(cache, question, attempt + 1)
        : this.#perRequest(cache, question))
    }
    for (const [metric, above] of touched.hidden) {
      const settlement = await this.#settleHidden(cache, identity, metric, above)
      if (settlement.kind === 'refused') return this.#refused(question, settlement.verdict)
      if (settlement.kind === 'unanswered') return decideByPolicy(cache, question, NO_ANSWER, this.#options)
    }
    const decided = this.#fromMemory(cache, identity, question.usage, question.terms, 'backend')
    return decided ?? (await this.#perRequest(cache, question))
  }

  #refused(question: Question, verdict: NotAuthorized): Refusal {
    return refusalOfVerdict(verdict, question.usage, this.#options.clock.now())
  }

  /** Once for all who wait for the same metric. */
  #settleHidden(
    cache: ServiceCache,
    identity: Identity,
    metric: string,
    above: readonly string[],
  ): Promise<Settlement> {
    let settling = cache.settling.get(metric)
    if (settling === undefined) {
      const { credentials, referrer } = identity
      settling = settleHidden(identity.account, metric, above, async (usage) => {
        const shape = createUsageShape(usage)
        const { answer, lesson } = await this.#question(cache, { credentials, referrer, usage: shape }, identity, false)
        return answer.kind === 'verdict' && lesson?.kind === 'known' ? answer.verdict : undefined
      }).finally(() => cache.settling.delete(metric))
      cache.settling.set(metric, settling)
    }
    return settling
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

  #refresh(cache: ServiceCache, identity: Identity, now: number): void {
    if (identity.refreshing || liesAhead(identity.retryAt, now, 2 * RETRY_MS)) return
    // One answer that lists the keys proves them all.
    if (identity.sharesProof && identity.account.questions > 0) return
    void this.#renew(cache, identity)
  }

  async #renew(cache: ServiceCache, identity: Identity): Promise<void> {
    const { clock, observer, random = Math.random } = this.#options
    identity.refreshing = true
    const { credentials, referrer } = identity
    const { answer, lesson } = await this.#question(cache, { credentials, referrer, usage: NO_USAGE }, identity)
    identity.refreshing = false
    if (lesson?.kind === 'known') observer.cached('refreshed', cache.service.id, credentials)
    if (answer.kind !== 'verdict' || lesson?.kind === 'ours') {
      identity.retryAt = clock.now() + RETRY_MS * (0.5 + random())
      observer.cached('stale', cache.service.id, credentials)
    }
  }

  /** Proves waiting usage, or shows what became of a report without an answer. */
  async #askAbout(application: Application): Promise<void> {
    const spokesman = this.#caches.spokesmanOf(application)
    if (spokesman === undefined) return
    const { cache, asked } = spokesman
    await this.#question(cache, { ...asked, usage: NO_USAGE }, 'account' in asked ? asked : undefined)
  }
}

const NO_ANSWER: Outage = Object.freeze({ kind: 'unavailable', retryAfterMs: undefined, mayHaveCounted: false })

const NO_USAGE: Question['usage'] = Object.freeze({
  usage: Object.freeze(Object.create(null)),
  metrics: [],
  amounts: [],
})
