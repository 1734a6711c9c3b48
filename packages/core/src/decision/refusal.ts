/** Why a request is not admitted; `rejection/` turns it into an HTTP response. */
import type { LimitCount } from '../domain/limit-count.ts'
import type { DenialCode } from './decision.ts'

export interface Refusal {
  readonly outcome: 'refuse'
  readonly code: DenialCode
  /** 3scale's or our own sentence, unmasked and uncut; absent where the code says everything. */
  readonly reason?: string | undefined
  /** Epoch milliseconds from which a retry may succeed: the latest end among the violated windows. */
  readonly retryAt?: number | undefined
  /** A limit of 0 is violated: the plan disables the metric, so waiting does not help. */
  readonly disabled?: boolean | undefined
  /** What is known of the application's limits. */
  readonly limits?: readonly LimitCount[] | undefined
  /** What is wrong with an access token; the operator learns it, and the caller does not. */
  readonly fault?: string | undefined
  /** The answer that a policy of a proxy configuration has for it, if its texts are used. */
  readonly answer?: { readonly status: number; readonly body: string; readonly contentType: string } | undefined
  /** The caller's secrets that `reason` may quote. */
  readonly secrets?: readonly string[] | undefined
}
