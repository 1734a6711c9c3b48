/** What the gateway asks of this room; `direct.ts` and `cached.ts` answer it. */

import type { AllowedDecision } from '../decision/allowed-decision.ts'
import type { ProtectedService } from '../decision/protected-service.ts'
import type { Refusal } from '../decision/refusal.ts'
import type { RoutePolicy } from '../decision/route-policy.ts'
import type { Credentials } from '../domain/credentials.ts'
import type { UsageShape } from '../domain/usage.ts'
import type { AbortSource } from '../primitives/abort.ts'
import type { ResponseView } from '../request/request-view.ts'

export type Decided = AllowedDecision | Refusal

export interface AuthorizationRequest {
  readonly service: ProtectedService
  readonly credentials: Credentials
  readonly usage: UsageShape
  readonly referrer: string | undefined
  readonly policy: RoutePolicy
  /** Read only when the backend has to be asked. */
  readonly view: AbortSource
}

export interface Authorizer {
  /**
   * The decision, where it is known locally; undefined when `decide` has to ask. It takes what a question consists of one by
   * one, because the hot path allocates nothing but the decision.
   */
  recall(
    service: ProtectedService,
    credentials: Credentials,
    usage: UsageShape,
    referrer: string | undefined,
    policy: RoutePolicy,
  ): Decided | undefined
  /** A plain value when the answer is known locally. Never rejects: failures are refusals or `onUnavailable`. */
  decide(request: AuthorizationRequest): Decided | Promise<Decided>
  /**
   * Once per allowed decision, at the end of its response: books what `addUsage` and `usageAfter` brought and,
   * where wanted, the response code. Never throws.
   */
  settle(allowed: AllowedDecision, response: ResponseView, after: UsageShape | undefined): void
}
