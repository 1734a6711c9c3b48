/** Decides about known callers by a store that counts for all processes. */
import { BACKEND_RETRY_MS } from '../../backend/backend.ts'
import { AllowedDecision } from '../../decision/allowed-decision.ts'
import type { AllowedSource } from '../../decision/decision.ts'
import type { Refusal } from '../../decision/refusal.ts'
import type { RoutePolicy } from '../../decision/route-policy.ts'
import type { ApplicationLedger } from '../../ledger/application-ledger.ts'
import type { Asked, Asking } from '../../ledger/store.ts'
import { type Clock, liesAhead } from '../../primitives/clock.ts'
import { isPromise, type MaybePromise } from '../../primitives/maybe-promise.ts'
import type { AuthorizationRequest, Decided } from '../authorizer.ts'
import { AwaitingDecision } from '../awaiting-decision.ts'
import type { Identity } from '../callers/identity.ts'
import type { ServiceCache } from '../callers/service-cache.ts'
import { refusalFromDenial, refuse, unavailable } from '../refusals.ts'
import { refusalByMetric } from '../remembered-refusal.ts'
import { StoredHold } from '../stored-hold.ts'
import type { StoredService } from './stored-service.ts'

const ASKING: Readonly<Record<RoutePolicy['counts'], Asking>> = {
  now: 'count',
  'with-response-code': 'hold',
  predicted: 'look',
  never: 'look',
}

export class StoreDecider {
  readonly #stored: StoredService
  readonly #cache: ServiceCache
  readonly #clock: Clock

  constructor(stored: StoredService, cache: ServiceCache, clock: Clock) {
    this.#stored = stored
    this.#cache = cache
    this.#clock = clock
  }

  /** A plain value where the store need not be asked. Undefined: 3scale has to be asked first. @param now by our clock. */
  decide(
    identity: Identity,
    request: AuthorizationRequest,
    source: AllowedSource,
    now: number = this.#clock.now(),
  ): MaybePromise<Decided | undefined> {
    if (this.#stored.closed) return refuse('gateway_closed')
    const { application } = identity
    const { usage, policy } = request
    application.used = true
    const denial = application.denial ?? application.service.denial
    if (denial !== undefined) {
      return liesAhead(denial.until, now, this.#cache.settings.denialTtlMs) ? refusalFromDenial(denial) : undefined
    }
    const refusal = refusalByMetric(this.#cache, usage, now)
    if (refusal !== undefined) return refusal
    const asked = this.#stored.store.ask(this.#stored.application(application), usage, ASKING[policy.counts])
    if (isPromise(asked)) return this.#concludeLater(identity, request, source, asked)
    return this.#conclude(identity, request, source, asked)
  }

  /**
   * The decision while 3scale does not answer, by `onUnavailable`: no caller passes, or callers pass within the limits by
   * the counts in the store.
   */
  async decideUnproved(identity: Identity, request: AuthorizationRequest, retryAt: number): Promise<Decided> {
    const { usage, policy } = request
    if (policy.onUnavailable === 'deny' || this.#stored.closed) return unavailable(retryAt)
    const application = this.#stored.application(identity.application)
    const asked = await this.#stored.store.ask(application, usage, ASKING[policy.counts], true)
    if (asked.kind === 'yes') return this.#admit(identity, request, 'policy', asked.minute)
    return asked.kind === 'no' ? this.#overLimits(identity.application, asked) : this.#decideAlone(identity, request)
  }

  /**
   * The decision while the store does not answer: no caller passes; or callers pass within this process's share of what
   * was left when the store last answered; or within all of that.
   */
  #decideAlone(identity: Identity, request: AuthorizationRequest): Decided {
    const { usage, policy } = request
    const retryAt = this.#clock.now() + BACKEND_RETRY_MS
    if (this.#stored.closed) return refuse('gateway_closed')
    if (policy.onUnavailable === 'deny') return unavailable(retryAt)
    const application = this.#stored.application(identity.application)
    const whole = policy.onUnavailable === 'allow'
    const asked = this.#stored.store.askAlone(application, usage, ASKING[policy.counts], whole)
    if (asked.kind === 'yes') return this.#admit(identity, request, 'policy', asked.minute)
    return asked.kind === 'no' ? this.#overLimits(identity.application, asked) : unavailable(retryAt)
  }

  async #concludeLater(
    identity: Identity,
    request: AuthorizationRequest,
    source: AllowedSource,
    asked: Promise<Asked>,
  ): Promise<Decided | undefined> {
    return this.#conclude(identity, request, source, await asked)
  }

  #conclude(
    identity: Identity,
    request: AuthorizationRequest,
    source: AllowedSource,
    asked: Asked,
  ): MaybePromise<Decided | undefined> {
    switch (asked.kind) {
      case 'yes':
        return this.#admit(identity, request, source, asked.minute)
      case 'no':
        return this.#overLimits(identity.application, asked)
      case 'later':
        return asked.unproved
          ? this.decideUnproved(identity, request, this.#clock.now() + BACKEND_RETRY_MS)
          : this.#decideAlone(identity, request)
      case 'unsettled':
        return undefined
    }
  }

  #admit(
    identity: Identity,
    { usage, policy }: AuthorizationRequest,
    source: AllowedSource,
    minute: number,
  ): AllowedDecision {
    const asking = ASKING[policy.counts]
    if (asking !== 'look') this.#stored.counted.add(usage)
    if (asking !== 'hold') return new AllowedDecision(source, usage, identity, policy)
    const held = new StoredHold(this.#stored.store, this.#stored.application(identity.application), usage, minute)
    return new AwaitingDecision(source, usage, identity, policy, held)
  }

  #overLimits(application: ApplicationLedger, { until, disabled }: Extract<Asked, { kind: 'no' }>): Refusal {
    return {
      outcome: 'refuse',
      code: 'limits_exceeded',
      // Windows end by the store's time, `retryAt` is by our clock.
      retryAt: until === Number.POSITIVE_INFINITY ? undefined : this.#stored.ownTime(until),
      disabled,
      limits: this.#stored.limits(application),
    }
  }
}
