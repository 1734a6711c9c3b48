/** What the gateway says about a request, as values. */

import type { Usage } from '../domain/usage.ts'
import type { UsageReport } from '../domain/verdict.ts'

export type Decision = Allowed | Denied | Skipped

/** Who vouched: the backend just now, a fresh or a stale answer of it, or `onUnavailable`. */
export type AllowedSource = 'backend' | 'cache' | 'stale' | 'policy'

export interface Allowed {
  readonly outcome: 'allow'
  readonly source: AllowedSource
  /** Service id; empty for the default service of a provider key. */
  readonly service: string
  readonly application: { readonly id: string | undefined }
  readonly plan: string | undefined
  readonly usage: Usage
  /** The application's limits as last known; decoded on first read. */
  readonly limits: readonly UsageReport[]
  /** Fields to add to the answer (rate limits); names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * More usage, known while handling (tokens of a model, say); reported after the response.
   *
   * @throws RangeError when it is not a usage; ClosedError when the response has ended already.
   */
  addUsage(usage: Usage): void
}

export interface Denied {
  readonly outcome: 'deny'
  readonly code: DenialCode
  /** For people; the caller's own credential is masked. */
  readonly reason: string
  readonly status: number
  readonly retryAfterMs: number | undefined
  /** Fields of the answer, names in lower case, content-type included. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Skipped {
  readonly outcome: 'skip'
}

/** Denials that the gateway itself decides. */
export type GatewayDenialCode =
  | 'credentials_missing'
  | 'credentials_malformed'
  | 'limits_exceeded'
  | 'no_mapping_rule'
  | 'path_ambiguous'
  | 'service_not_found'
  | 'backend_unavailable'
  | 'overloaded'
  | 'gateway_closed'
  | 'gateway_misconfigured'
  | 'client_closed_request'

/** A denial of the gateway's own, or 3scale's code for a caller's fault (`user_key_invalid`, …). */
export type DenialCode = GatewayDenialCode | (string & {})
