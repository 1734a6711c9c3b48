/**
 * Makes one call to the backend per request, as the classic 3scale plugins do. Callers are remembered only for the
 * bounds on calls, for the policy during an outage, and for usage that is known after the response.
 */
import { DECISION_EXTENSIONS } from '../backend/extensions.ts'
import { AllowedDecision } from '../decision/allowed-decision.ts'
import type { Authorized, Verdict } from '../domain/verdict.ts'
import type { ApplicationLedger } from '../ledger/application-ledger.ts'
import type { QuestionStamp } from '../ledger/service-ledger.ts'
import { isAborted } from '../primitives/abort.ts'
import type { AuthorizationRequest, Authorizer, AuthorizerOptions, Decided } from './authorizer.ts'
import { AwaitingDecision } from './awaiting-decision.ts'
import { CacheLoader } from './callers/cache-loader.ts'
import type { CallerStatus } from './callers/caller-status.ts'
import { identityText } from './callers/identity.ts'
import { learnVerdict } from './callers/learn-verdict.ts'
import { ServiceCache } from './callers/service-cache.ts'
import { decideWithoutVerdict } from './decide-in-outage.ts'
import { DirectAdmission } from './direct-admission.ts'
import { refusalFromVerdict } from './refusal-from-verdict.ts'
import { refuse } from './refusals.ts'
import { shareOf } from './share-of.ts'
import { countedAtOnce, waitsWithoutName } from './waits-without-name.ts'

/** Starts no timer and makes no call. */
export function createDirectAuthorizer(options: AuthorizerOptions): Authorizer {
  return new DirectAuthorizer(options)
}

class DirectAuthorizer implements Authorizer {
  readonly #options: AuthorizerOptions
  readonly #cache: ServiceCache
  readonly #loader: CacheLoader

  constructor(options: AuthorizerOptions) {
    this.#options = options
    this.#cache = new ServiceCache(options)
    this.#loader = new CacheLoader(this.#cache, options)
  }

  /** Nothing is known locally: the backend is asked about every request. */
  recall(): undefined {}

  prove(application: ApplicationLedger): Promise<boolean> {
    return this.#loader.prove(application)
  }

  async decide(request: AuthorizationRequest): Promise<Decided> {
    const { credentials, referrer, usage, policy, view } = request
    const { service, ledger } = this.#cache
    const { backend, clock } = this.#options
    const caller = identityText(credentials, referrer)
    const known = this.#cache.isAccepted(caller)
    const stamp = ledger.ledger.stampQuestion()
    const answer = await backend.ask({
      endpoint: policy.counts === 'now' ? 'authrep' : 'authorize',
      client: service.client,
      service: service.id,
      credentials,
      call: { usage: usage.usage, referrer, extensions: DECISION_EXTENSIONS, caller: view },
      known,
      share: shareOf(known, caller, request, this.#options),
    })
    if (answer.kind !== 'verdict') return decideWithoutVerdict(this.#cache, request, answer, this.#options)
    const { verdict } = answer
    if (!verdict.authorized) {
      // What is not 3scale's answer denies this request, and says nothing about a caller that 3scale has accepted.
      if (!known || verdict.foreign === undefined) this.#learn(request, verdict, stamp)
      return refusalFromVerdict(verdict, usage, clock.now())
    }
    this.#cache.accept(caller)
    if (policy.counts === 'now') ledger.countedElsewhere(usage)
    // The client disconnected during the call. The call was allowed to finish, but the handler must not run.
    if (isAborted(view)) return refuse('client_closed_request')
    if (waitsWithoutName(request, verdict)) return this.decide(countedAtOnce(request))
    return this.#allow(request, verdict, stamp)
  }

  #allow(request: AuthorizationRequest, verdict: Authorized, stamp: QuestionStamp): Decided {
    const { credentials, referrer, usage, policy } = request
    const { service, ledger, unverified } = this.#cache
    const findApplication = (): ApplicationLedger => {
      const caller = this.#learn(request, verdict, stamp)
      if (caller.kind === 'known') return caller.identity.application
      // The ledger cannot keep the application: its usage is given up, and announced, when the gateway closes.
      const kept = this.#cache.admitUnverified(identityText(credentials, referrer), credentials, referrer)
      return kept?.application ?? ledger.unverified()
    }
    // A caller that passed during an outage is proved now, and its usage with it. 'last-known' needs every last answer.
    if (policy.onUnavailable === 'last-known' || unverified.size > 0) this.#learn(request, verdict, stamp)
    const admission = new DirectAdmission(service, verdict, findApplication)
    if (policy.counts !== 'with-response-code') return new AllowedDecision('backend', usage, admission, policy)
    const now = this.#options.clock.now()
    const { application } = admission
    const footprint = application.planLimits.footprintOf(usage, now)
    const row = application.countAsOwnTransaction(footprint, application.service.at(now))
    return new AwaitingDecision('backend', usage, admission, policy, row)
  }

  #learn({ credentials, referrer, usage }: AuthorizationRequest, verdict: Verdict, stamp: QuestionStamp): CallerStatus {
    const asked = { credentials, referrer, metrics: usage.metrics, stamp }
    return learnVerdict(this.#cache, verdict, asked, this.#options.clock.now())
  }
}
