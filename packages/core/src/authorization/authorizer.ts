/** What the gateway asks of this room; `direct.ts` and `cached.ts` answer it. */

import type { ThreeScaleClient } from '../client/client.ts'
import type { Credentials } from '../client/credentials.ts'
import type { Allowed, Refusal } from '../decision.ts'
import type { ResponseView } from '../request-view.ts'
import type { UsageShape } from '../usage.ts'

/** The service a request was found to be for, and who speaks with the backend about it. */
export interface ProtectedService {
  /** Undefined only with a provider key: the provider's default service. */
  readonly id: string | undefined
  readonly client: ThreeScaleClient
}

/** What a route wants; one object per `with()`, so its identity can be compared. */
export interface Terms {
  readonly onUnavailable: 'deny' | 'last-known' | 'allow'
  /**
   * When the usage is counted: at once; at the end of the response together with its status (`responseCodes`);
   * or not at all, because it only predicts what `usageAfter` will say.
   */
  readonly counts: 'now' | 'with-response-code' | 'predicted'
}

export interface Question {
  readonly service: ProtectedService
  readonly credentials: Credentials
  readonly usage: UsageShape
  readonly referrer: string | undefined
  readonly terms: Terms
  /** Read only when the backend has to be asked. */
  readonly view: { readonly signal?: AbortSignal | undefined }
}

export interface Authorizer {
  /** A plain value when the answer is known locally. Never rejects: failures are refusals or `onUnavailable`. */
  decide(question: Question): Allowed | Refusal | Promise<Allowed | Refusal>
  /**
   * Once per allowed decision, at the end of its response: books what `addUsage` and `usageAfter` brought and,
   * where wanted, the response code. Never throws.
   */
  settle(allowed: Allowed, response: ResponseView, after: UsageShape | undefined): void
}
