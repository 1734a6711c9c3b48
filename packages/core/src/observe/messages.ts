/** The messages of the diagnostics channels. They contain no secret; callers and applications have masked names. */
import type { AllowedSource } from '../decision/decision.ts'
import type { Usage } from '../domain/usage.ts'

/** Endpoints of the Service Management API; `report` is `POST /transactions.xml`. */
export type Endpoint = 'authorize' | 'authrep' | 'oauth_authorize' | 'oauth_authrep' | 'report'

/** On `threescale:call`, after each call to the backend. */
export interface CallMessage {
  readonly endpoint: Endpoint
  /** Service id; undefined for the default service of a provider key. */
  readonly service: string | undefined
  /** 'failed' if the backend gave no usable answer; `code` then begins with `ERR_THREESCALE_`. */
  readonly outcome: 'authorized' | 'denied' | 'accepted' | 'refused' | 'failed'
  /** HTTP status; undefined if there was no answer. */
  readonly status: number | undefined
  /** 3scale's code of a denial or refusal, or the code of the error. */
  readonly code: string | undefined
  readonly durationMs: number
}

/** On `threescale:decision`, for each request. */
export interface DecisionMessage {
  readonly outcome: 'allow' | 'deny' | 'skip'
  /** False in `mode: 'observe'`: the request was let through, whatever `outcome` says. */
  readonly enforced: boolean
  readonly service: string | undefined
  /** Masked, `userKey:1f0a99c2`; undefined if no credentials were found or looked for. */
  readonly caller: string | undefined
  /** Of an allowed request. */
  readonly source: AllowedSource | undefined
  /** Of an allowed request. */
  readonly usage: Usage | undefined
  /** Of a denied request. */
  readonly code: string | undefined
  /** Of a refused access token: what is wrong with it, 'token_expired' for example. */
  readonly fault: string | undefined
  /** Of a denied request. */
  readonly status: number | undefined
  /** Of a denied request, if waiting helps. */
  readonly retryAfterMs: number | undefined
}

/** On `threescale:cache`, when the cached mode does more than answer from memory. */
export interface CacheMessage {
  /**
   * - 'miss': the caller is unknown, the backend is asked.
   * - 'refreshed': an answer was renewed.
   * - 'stale': the renewal failed, the old answer is used.
   * - 'revoked': a known caller is denied from now on.
   * - 'evicted': an application was dropped to make room.
   * - 'full': there is no room, the backend is asked about the application per request.
   */
  readonly event: 'miss' | 'refreshed' | 'stale' | 'revoked' | 'evicted' | 'full'
  readonly service: string | undefined
  /** Masked: the caller, or the application (`appId:…`) if the event is not about a single caller. */
  readonly caller: string | undefined
}

/** On `threescale:report`, after each batch of transactions, sent or not. */
export interface ReportMessage {
  readonly service: string | undefined
  readonly transactions: number
  /**
   * - 'accepted': queued by the backend.
   * - 'unsent', 'busy': surely not counted, sent again.
   * - 'rejected': our own credentials were refused, sent again.
   * - 'too-large': sent again in parts.
   * - 'refused': one transaction is bad. The batch is halved until it is alone, and it is given up.
   * - 'ambiguous': sent, but no answer says whether it counts.
   */
  readonly outcome: 'accepted' | 'unsent' | 'busy' | 'rejected' | 'too-large' | 'refused' | 'ambiguous'
  readonly status: number | undefined
  readonly code: string | undefined
  readonly durationMs: number
}

/** On `threescale:breaker`, when its state changes. */
export interface BreakerMessage {
  readonly state: 'open' | 'half-open' | 'closed'
}

/**
 * Why usage is lost.
 *
 * - 'application_gone', 'metric_gone': 3scale does not know it any more.
 * - 'refused': the backend refused the transaction.
 * - 'late': it is older than 23 hours.
 * - 'ambiguous': it cannot be found out whether it was counted.
 * - 'unproven': the backend never accepted its caller.
 * - 'misconfigured': 3scale refuses our settings.
 * - 'closed': the gateway was closed before it was delivered.
 * - 'missing': it was acknowledged, but a later answer lacks it.
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

/** On `threescale:loss`, when 3scale will not count admitted usage, or seems not to have counted it. */
export interface LossMessage {
  /** 'given-up': not counted, or perhaps not; 'suspected': acknowledged, but missing in a later answer. */
  readonly kind: 'given-up' | 'suspected'
  readonly reason: LossReason
  readonly service: string | undefined
  /** Masked, `appId:1f0a99c2`. */
  readonly application: string | undefined
  readonly usage: Usage
}

/** On `threescale:journal`, when usage of a dead process is taken over, and when the journal cannot do its work. */
export interface JournalMessage {
  /**
   * - 'recovered': usage of a dead process was taken over.
   * - 'torn': a file ends in the middle of a record, because its process died; nothing is lost.
   * - 'damaged': records in the middle of a file are unreadable; its waiting usage counts as ambiguous.
   * - 'foreign': a file that is none of a journal; it is left alone.
   * - 'version': files of another version of the format; they are left alone.
   * - 'other-services': files of a gateway with other services; they are left alone.
   * - 'unreadable': files or folders that cannot be read.
   * - 'full': there is no room; admitted usage is not written.
   * - 'failed': the files cannot be written; admitted usage is not written.
   * - 'working': usage is written again, and what was pending too.
   */
  readonly event:
    | 'recovered'
    | 'torn'
    | 'damaged'
    | 'foreign'
    | 'version'
    | 'other-services'
    | 'unreadable'
    | 'full'
    | 'failed'
    | 'working'
  /** The file or folder that it is about. */
  readonly path: string
  /** The system's code of a failure, such as ENOSPC. */
  readonly code: string | undefined
  /** Bytes that could not be read. */
  readonly bytes: number | undefined
  /** Records that were read. */
  readonly records: number | undefined
}

/** On `threescale:store`, when a store that processes share changes its state, and when it has lost something. */
export interface StoreMessage {
  /**
   * - 'shared': it answers, all processes count as one.
   * - 'failing': it does not answer; limited applications are decided by the policy.
   * - 'recovered': it had lost its last writes, and they were booked again.
   * - 'emptied': it had lost everything. What was not reported was booked again.
   * - 'evicting': its settings let it drop counts when memory is short.
   */
  readonly event: 'shared' | 'failing' | 'recovered' | 'emptied' | 'evicting'
  readonly service: string | undefined
  /** The store's own word for a failure, such as READONLY or OOM. */
  readonly code: string | undefined
  /** How long it was failing, in milliseconds. */
  readonly failingMs: number | undefined
  /** Usage that was booked again, by metric. */
  readonly usage: Usage | undefined
}

/** On `threescale:keys`, after each fetch of the keys of an identity provider. */
export interface KeysMessage {
  /**
   * - 'changed': the keys are others than before, or the first ones; remembered tokens are forgotten.
   * - 'unchanged': they are the same.
   * - 'recovered': they are the same, after fetches that failed.
   * - 'failed': they could not be fetched; those from before stay in use.
   */
  readonly event: 'changed' | 'unchanged' | 'recovered' | 'failed'
  /** Where the discovery document is. */
  readonly endpoint: string
  /** The issuer that the document names; undefined if it never could be read. */
  readonly issuer: string | undefined
  /** How many keys there are; undefined after a failure. */
  readonly keys: number | undefined
  /** Of a failure, such as 'status_500', 'not_json' or 'ERR_THREESCALE_TIMEOUT'. */
  readonly code: string | undefined
}

/** On `threescale:configuration`, after each load of the configuration from a portal or a file that is followed. */
export interface ConfigurationMessage {
  /**
   * - 'changed': it is another than before, or the first one, and is in use.
   * - 'unchanged': it is the same.
   * - 'recovered': it is the same, after loads that failed.
   * - 'failed': it could not be loaded, or used; the one from before stays in use.
   */
  readonly event: 'changed' | 'unchanged' | 'recovered' | 'failed'
  readonly source: 'portal' | 'file' | 'last-good-file'
  /** The portal's host, or the path of the file. */
  readonly from: string
  /** What changed. */
  readonly services: readonly ServiceChange[]
  /** Of a failure, such as 'status_403', 'no_list', 'not_json', 'unusable' or 'ERR_THREESCALE_TIMEOUT'. */
  readonly code: string | undefined
}

/** What a new configuration changed about one service. Versions are undefined in files that name none. */
export interface ServiceChange {
  readonly id: string | undefined
  /**
   * - 'added', 'changed', 'removed': what it is called.
   * - 'kept': its version `to` cannot be used; `from` stays.
   * - 'unusable': its version `to` cannot be used, and there was none before; its requests are answered 503.
   */
  readonly event: 'added' | 'changed' | 'removed' | 'kept' | 'unusable'
  readonly from: number | undefined
  readonly to: number | undefined
}
