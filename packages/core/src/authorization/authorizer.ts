/** What the gateway needs of authorization, for one service. Direct and cached authorization implement it. */
import type { Backend } from '../backend/backend.ts'
import type { AllowedDecision } from '../decision/allowed-decision.ts'
import type { ProtectedService } from '../decision/protected-service.ts'
import type { Refusal } from '../decision/refusal.ts'
import type { RoutePolicy } from '../decision/route-policy.ts'
import type { Credentials } from '../domain/credentials.ts'
import type { UsageShape } from '../domain/usage.ts'
import type { ApplicationLedger } from '../ledger/application-ledger.ts'
import type { ServiceLedger } from '../ledger/service-ledger.ts'
import type { UnansweredUsage } from '../ledger/usage/batch.ts'
import type { Observer } from '../observe/observer.ts'
import type { AbortSource } from '../primitives/abort.ts'
import type { Clock } from '../primitives/clock.ts'
import type { CacheSettings } from './cache-settings.ts'

export type Decided = AllowedDecision | Refusal

export interface AuthorizationRequest {
  readonly credentials: Credentials
  readonly usage: UsageShape
  readonly referrer: string | undefined
  readonly policy: RoutePolicy
  /** The view of the gateway's request. Read only when the backend has to be asked. */
  readonly view: AbortSource
}

export interface Authorizer {
  /**
   * The decision, where it is known locally; undefined when `decide` has to ask. It takes the parts of a request one by
   * one, because the hot path allocates nothing but the decision.
   */
  recall(
    credentials: Credentials,
    usage: UsageShape,
    referrer: string | undefined,
    policy: RoutePolicy,
  ): Decided | undefined
  /**
   * The decision about a request that `recall` could not decide. A plain value when no answer has to be waited for.
   * Never rejects: a failure becomes a refusal or is left to `onUnavailable`.
   */
  decide(request: AuthorizationRequest): Decided | Promise<Decided>
  /**
   * Asks the backend about an application of the service. The answer proves waiting usage, and can show what became of
   * reports.
   *
   * @returns false when no answer came.
   */
  prove(application: ApplicationLedger): Promise<boolean>
}

export interface AuthorizerOptions {
  readonly service: ProtectedService
  readonly ledger: ServiceLedger
  readonly clock: Clock
  /** For direct authorization: the bounds of what is remembered for an outage. */
  readonly cache: CacheSettings
  readonly backend: Backend
  readonly observer: Pick<Observer, 'cached'>
  /** The user's name for the group of an unknown caller's request, which is given its view. Default none. */
  readonly fairnessKey?: ((view: AbortSource) => string | undefined) | undefined
  /** What happens to usage that a call without an answer may have counted. Default 'give-up'. */
  readonly ambiguous?: UnansweredUsage | undefined
  /** Reports the waiting usage of an application. Resolves also when the report failed. */
  readonly flush: (application: ApplicationLedger) => Promise<void>
  /** 0 to 1, for jitter. Default Math.random. */
  readonly random?: (() => number) | undefined
}
