/** The gateway's answers about a request, as values. */
import type { Usage } from '../domain/usage.ts'
import type { UsageReport } from '../domain/verdict.ts'

export type Decision = Allowed | Denied | Skipped

/** What a decision rests on: the backend's answer just now, a fresh or stale cached answer, or `onUnavailable`. */
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
  /** Header fields to add to the response (rate limits); names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * Adds usage that is known only while the request is handled, tokens of a model for example. It is counted at once,
   * also after the response has ended or the client has left. Once the gateway is closed, it is given up and told.
   *
   * @throws ArgumentError when the value is not a usage; nothing else.
   */
  addUsage(usage: Usage): void
}

export interface Denied {
  readonly outcome: 'deny'
  readonly code: DenialCode
  /** A sentence for people; the caller's own credential is masked. */
  readonly reason: string
  readonly status: number
  readonly retryAfterMs: number | undefined
  /** Header fields of the response, content-type included; names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Skipped {
  readonly outcome: 'skip'
}

/** Codes of the gateway's own denials. */
export type GatewayDenialCode =
  | 'credentials_missing'
  | 'credentials_malformed'
  | 'token_invalid'
  | 'issuer_unavailable'
  | 'service_unusable'
  | 'maintenance'
  | 'address_not_allowed'
  | 'claims_not_allowed'
  | 'roles_not_allowed'
  | 'limits_exceeded'
  | 'no_mapping_rule'
  | 'path_ambiguous'
  | 'service_not_found'
  | 'backend_unavailable'
  | 'overloaded'
  | 'gateway_closed'
  | 'gateway_not_ready'
  | 'gateway_misconfigured'
  | 'client_closed_request'

/** The gateway's own code, or 3scale's code for a fault of the caller (`user_key_invalid`, …). */
export type DenialCode = GatewayDenialCode | (string & {})
