/** What is published on the diagnostics channels. Nothing in here is secret; callers and applications go by masked names. */
import type { AllowedSource } from '../decision/decision.ts'
import type { Usage } from '../domain/usage.ts'

/** Endpoints of the Service Management API; `report` is `POST /transactions.xml`. */
export type Endpoint = 'authorize' | 'authrep' | 'oauth_authorize' | 'oauth_authrep' | 'report'

/** On `threescale:call`, after each call to the backend. */
export interface CallMessage {
  readonly endpoint: Endpoint
  /** Service id; undefined for the default service of a provider key. */
  readonly service: string | undefined
  /** 'failed' where the backend gave no usable answer; `code` then begins with `ERR_THREESCALE_`. */
  readonly outcome: 'authorized' | 'denied' | 'accepted' | 'refused' | 'failed'
  /** HTTP status; undefined where there was no answer. */
  readonly status: number | undefined
  /** 3scale's code of a denial or refusal, or the code of the error. */
  readonly code: string | undefined
  readonly durationMs: number
}

/** On `threescale:decision`, for each request. */
export interface DecisionMessage {
  readonly outcome: 'allow' | 'deny' | 'skip'
  /** False in `mode: 'observe'`: the request was let through whatever `outcome` says. */
  readonly enforced: boolean
  readonly service: string | undefined
  /** Masked, `userKey:1f0a99c2`; undefined where no credentials were found or looked for. */
  readonly caller: string | undefined
  /** Of an allowed request. */
  readonly source: AllowedSource | undefined
  /** Of an allowed request. */
  readonly usage: Usage | undefined
  /** Of a denied request. */
  readonly code: string | undefined
  /** Of a denied request. */
  readonly status: number | undefined
  /** Of a denied request, where waiting helps. */
  readonly retryAfterMs: number | undefined
}

/** On `threescale:cache`, when the cached mode does more than answer from memory. */
export interface CacheMessage {
  /**
   * 'miss': not known, the backend is asked; 'refreshed': an answer that was due was renewed; 'stale': that failed,
   * the old answer holds; 'revoked': known callers are refused from now on; 'evicted': forgotten to make room;
   * 'full': no room, the application is asked about per request.
   */
  readonly event: 'miss' | 'refreshed' | 'stale' | 'revoked' | 'evicted' | 'full'
  readonly service: string | undefined
  /** Masked: who asked, or the application (`appId:…`) where no one caller is concerned. */
  readonly caller: string | undefined
}

/** On `threescale:report`, after each batch of transactions was sent or could not be. */
export interface ReportMessage {
  readonly service: string | undefined
  readonly transactions: number
  /**
   * 'accepted': queued by the backend; 'unsent' and 'busy': surely not counted, goes again; 'rejected': our own
   * credentials were refused, goes again; 'too-large': goes again in parts; 'refused': one transaction is bad, halved
   * until it is alone and given up; 'ambiguous': sent without an answer that says whether it counts.
   */
  readonly outcome: 'accepted' | 'unsent' | 'busy' | 'rejected' | 'too-large' | 'refused' | 'ambiguous'
  readonly status: number | undefined
  readonly code: string | undefined
  readonly durationMs: number
}

/** On `threescale:breaker`, when it changes. */
export interface BreakerMessage {
  readonly state: 'open' | 'half-open' | 'closed'
}

/**
 * Why usage is lost: the application or the metric does not exist any more; the backend refused the transaction; it is
 * older than 23 hours; nobody can tell whether it was counted; its caller never turned out to be real; the gateway was
 * closed before it could be delivered; it was acknowledged but a later answer lacks it.
 */
export type LossReason =
  | 'application_gone'
  | 'metric_gone'
  | 'refused'
  | 'late'
  | 'ambiguous'
  | 'unproven'
  | 'misconfigured'
  | 'closed'
  | 'missing'

/** On `threescale:loss`, when admitted usage will not be counted by 3scale, or seems not to have been. */
export interface LossMessage {
  /** 'given-up': never counted, or nobody knows; 'suspected': acknowledged, but missing in a later answer. */
  readonly kind: 'given-up' | 'suspected'
  readonly reason: LossReason
  readonly service: string | undefined
  /** Masked, `appId:1f0a99c2`. */
  readonly application: string | undefined
  readonly usage: Usage
}
