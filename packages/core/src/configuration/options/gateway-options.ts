/** The options of a gateway, as its user writes them. Defaults live in `defaults.ts`. */
import type { Dispatcher } from 'undici'
import type { ThreeScaleClient } from '../../client/client.ts'
import type { CredentialLocation } from '../../credentials/credentials-settings.ts'
import type { Credentials } from '../../domain/credentials.ts'
import type { Usage } from '../../domain/usage.ts'
import type { Logger } from '../../observe/logger.ts'
import type { MaybePromise } from '../../primitives/maybe-promise.ts'
import type { RequestView, ResponseView } from '../../request/request-view.ts'

/** What a route may set differently; everything else is shared with the gateway it comes from. */
export interface RouteOptions<View extends RequestView = RequestView> {
  /**
   * What a request uses, fixed or by a function of the request. Undefined or `{}`: nothing matched, answered 404.
   * `{ hits: 0 }`: authorized, nothing counted. Default `{ hits: 1 }`.
   */
  readonly usage?: Usage | ((view: View) => MaybePromise<Usage | undefined>) | undefined
  /** 3scale mapping rules, in order; excludes `usage`. */
  readonly mappingRules?: readonly MappingRule[] | undefined
  /** True lets a request pass without asking anybody. Default: never. */
  readonly skip?: ((view: View) => MaybePromise<boolean>) | undefined
  /** Usage known only from the response, counted after it; `usage` is then only predicted. `{}` counts nothing. */
  readonly usageAfter?: ((view: View, response: ResponseView) => MaybePromise<Usage | undefined>) | undefined
  /**
   * Who passes while the backend does not answer: nobody (503), those whose last verdict was good, or everybody.
   * Covers transport failures, time-outs, 5xx, 429 and unreadable answers; never a caller's own fault. Default 'deny'.
   */
  readonly onUnavailable?: 'deny' | 'last-known' | 'allow' | undefined
}

export interface GatewayOptions<View extends RequestView = RequestView> extends RouteOptions<View> {
  /** Service the calls are for. Required unless `providerKey` or `proxyConfig` is given. */
  readonly serviceId?: string | undefined
  /** Our credential at the backend, for one service. */
  readonly serviceToken?: string | undefined
  /** Our credential at the backend, for all services of a provider. */
  readonly providerKey?: string | undefined
  /** Base of the Service Management API; a path is kept as prefix. Default `https://su1.3scale.net`. */
  readonly backendUrl?: string | URL | undefined
  /** How long one call to the backend may take, in milliseconds, connecting included. Default 1000. */
  readonly timeoutMs?: number | undefined
  /** An undici dispatcher for own CA, client certificate or proxy; never closed by us. Default: an own pool. */
  readonly dispatcher?: Dispatcher | undefined
  /** Backend calls at once; what is more is answered 503 `overloaded`. Default 128. */
  readonly maxCalls?: number | undefined
  /** A client to use instead of the options above; never closed by us. */
  readonly client?: ThreeScaleClient | undefined
  /** A 3scale proxy configuration as the portal exports it. Explicit options win over it. */
  readonly proxyConfig?: object | undefined
  /** Where callers put their credentials, or a function that finds them. Default: `user_key` in the query. */
  readonly credentials?: CredentialsOptions | ((view: View) => MaybePromise<Credentials | undefined>) | undefined
  /** Takes credentials out of url, headers and form before handlers see them. Default false. */
  readonly stripCredentials?: boolean | undefined
  /** Mapping rules match whatever the case of the path, as Express and @koa/router do. Default false. */
  readonly caseInsensitivePaths?: boolean | undefined
  /** Report the status of each answer as `log[code]`. Default false. */
  readonly responseCodes?: boolean | undefined
  /** Send the request's Referer (true) or what the function says. Default false. */
  readonly referrer?: boolean | ((view: View) => MaybePromise<string | undefined>) | undefined
  /** 'observe' denies nobody and counts nothing; the decision is told on the diagnostics channel. Default 'enforce'. */
  readonly mode?: 'enforce' | 'observe' | undefined
  /** Decide locally. Default false; true takes the defaults of `CacheOptions`. */
  readonly cache?: boolean | CacheOptions | undefined
  /** The metrics' hierarchy, known beforehand; spares questions in cached mode. */
  readonly metrics?: Readonly<Record<string, { readonly parent?: string | undefined }>> | undefined
  readonly report?: ReportOptions | undefined
  /** Pauses calls after consecutive failures. Default `{ failures: 5, openMs: 1000 }`. */
  readonly breaker?:
    | false
    | { readonly failures?: number | undefined; readonly openMs?: number | undefined }
    | undefined
  /** Body of denials: RFC 9457 problem details or the plain reason. Default 'problem'. */
  readonly rejection?: 'problem' | 'text' | undefined
  /** RateLimit and RateLimit-Policy fields: never, on denials, or on every answer (which decodes every answer). Default 'denied'. */
  readonly rateLimitHeaders?: false | 'denied' | 'all' | undefined
  /** Also X-RateLimit-*. Default false. */
  readonly legacyRateLimitHeaders?: boolean | undefined
  /** Where to tell the operator. Default none; misconfiguration is then said once by process.emitWarning. */
  readonly logger?: Logger | undefined
}

export interface CredentialsOptions {
  /** 'userKey', or 'appId' for an application id with its key. Default 'userKey'. */
  readonly kind?: 'userKey' | 'appId' | undefined
  /** The first location that holds any credential wins; id and key come from the same one. Default `['query']`. */
  readonly in?: readonly CredentialLocation[] | undefined
  /** Parameter, header and field names. Defaults `user_key`, `app_id`, `app_key`. */
  readonly names?:
    | {
        readonly userKey?: string | undefined
        readonly appId?: string | undefined
        readonly appKey?: string | undefined
      }
    | undefined
  /** Used for requests without any credential. Default none. */
  readonly anonymous?: Credentials | undefined
  /** Longest id or key accepted, in bytes. Default 4096. */
  readonly maxBytes?: number | undefined
}

/** One 3scale mapping rule. */
export interface MappingRule {
  /** Upper-case HTTP method, or 'ANY'. GET does not cover HEAD. */
  readonly method: string
  /** Path prefix with `{param}` wildcards, `$` for the end of the path, and query conditions behind `?`. */
  readonly pattern: string
  readonly metric: string
  /** Default 1. */
  readonly delta?: number | undefined
  /** Later rules are not looked at when this one matches. Default false. */
  readonly last?: boolean | undefined
}

export interface CacheOptions {
  /**
   * Age of an answer, in milliseconds, after which it is refreshed in the background; a caller's first answer is refreshed
   * sooner, so that callers who come at once are not asked about at once from then on. Default 10000.
   */
  readonly ttlMs?: number | undefined
  /** Longest an answer may be used, in milliseconds. Default 60000. */
  readonly staleMs?: number | undefined
  /** Applications remembered, and callers: each user key is one. Default 10000. */
  readonly maxApplications?: number | undefined
  /** Denials remembered. Default 10000. */
  readonly maxDenials?: number | undefined
  /** How long a denial is remembered, in milliseconds. Default 5000. */
  readonly denialTtlMs?: number | undefined
  /** Requests waiting on one identity's first call. Default 10000. */
  readonly maxWaiters?: number | undefined
  /** Within this share of a limit, 0 to 1, the backend is asked per request; for several processes. Default 0. */
  readonly limitMargin?: number | undefined
  /** Longest the backend may take to count a report, in milliseconds. Default 60000. */
  readonly settleMs?: number | undefined
}

export interface ReportOptions {
  /** Time between reports, in milliseconds. Default 10000. */
  readonly intervalMs?: number | undefined
  /** Pending records (application, minute, metric) that force a report. Default 100000. */
  readonly maxPending?: number | undefined
  /** What to do with usage that was sent without an answer when the ledger cannot tell. Default 'give-up'. */
  readonly ambiguous?: 'give-up' | 'count-again' | undefined
  /** What to do with usage older than 23 hours, which the backend would refuse. Default 're-stamp'. */
  readonly late?: 're-stamp' | 'give-up' | undefined
}
