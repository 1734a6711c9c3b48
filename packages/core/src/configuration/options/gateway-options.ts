/** The options of a gateway. Their defaults are in `defaults.ts`. */
import type { ThreeScaleClient } from '../../client/client.ts'
import type { ConnectionOptions } from '../../client/connection-options.ts'
import type { CredentialLocation } from '../../credentials/credentials-settings.ts'
import type { Credentials } from '../../domain/credentials.ts'
import type { Usage } from '../../domain/usage.ts'
import type { Journal } from '../../ledger/journal.ts'
import type { UsageStore } from '../../ledger/store.ts'
import type { Logger } from '../../observe/logger.ts'
import type { MaybePromise } from '../../primitives/maybe-promise.ts'
import type { RequestView, ResponseView } from '../../request/request-view.ts'
import type { OidcCredentialsOptions, OidcOptions } from './oidc-options.ts'
import type { PortalOptions } from './portal-options.ts'

/** Options that a route may set for itself; it shares everything else with its gateway. */
export interface RouteOptions<View extends RequestView = RequestView> {
  /**
   * What a request uses, fixed or by a function. `{}` or undefined means that nothing matched (404); `{ hits: 0 }`
   * authorizes and counts nothing. Default `{ hits: 1 }`.
   */
  readonly usage?: Usage | ((view: View) => MaybePromise<Usage | undefined>) | undefined
  /** 3scale mapping rules, in order; excludes `usage`. */
  readonly mappingRules?: readonly MappingRule[] | undefined
  /** True lets the request pass without a check. Default: never. */
  readonly skip?: ((view: View) => MaybePromise<boolean>) | undefined
  /** Usage that is counted after the response; `usage` is then only a prediction. `{}` counts nothing. */
  readonly usageAfter?: ((view: View, response: ResponseView) => MaybePromise<Usage | undefined>) | undefined
  /**
   * Who passes while the backend does not answer: no caller (503), callers whose last verdict was good, or all callers.
   * Covers transport failures, time-outs, 5xx and answers that are not 3scale's, but no fault of the caller. While 3scale
   * answers 429, callers never seen allowed get 503 under every policy. Default 'deny'.
   */
  readonly onUnavailable?: 'deny' | 'last-known' | 'allow' | undefined
}

export interface GatewayOptions<View extends RequestView = RequestView> extends ConnectionOptions, RouteOptions<View> {
  /** Calls to the backend at the same time; a request beyond them is answered 503 `overloaded`. Default 128. */
  readonly maxCalls?: number | undefined
  /**
   * Names the group of a request, its client's address for example. Callers never seen allowed share half of `maxCalls`
   * fairly by group. Default: each credential is a group of its own.
   */
  readonly fairnessKey?: ((view: View) => string | undefined) | undefined
  /** A client to use instead of the connection options above; the gateway never closes it. */
  readonly client?: ThreeScaleClient | undefined
  /** A 3scale proxy configuration, as the portal exports it; explicit options win over it. */
  readonly proxyConfig?: object | undefined
  /** The path of a file with a proxy configuration: read at once, and followed from the first request on. */
  readonly configFile?: string | undefined
  /** Loads the proxy configuration from the admin portal and follows it. Default none. */
  readonly portal?: PortalOptions | undefined
  /**
   * Tells services of `proxyConfig` with the same host apart by their mapping rules: the first with a rule that matches.
   * If none has, the first of the host; with 'only', the answer is 404. Default false.
   */
  readonly pathRouting?: boolean | 'only' | undefined
  /**
   * The id of the backend of the products of `proxyConfig` that the process is. Its rules are matched as if its mount path
   * stood before each path, and rules of other backends do not count. Default: the process is the whole product.
   */
  readonly backendApi?: string | undefined
  /**
   * Where requests carry credentials, or a function that finds them; of the kind 'oidc', which access tokens are accepted.
   * Default: `user_key` in the query.
   */
  readonly credentials?:
    | CredentialsOptions
    | OidcCredentialsOptions
    | ((view: View) => MaybePromise<Credentials | undefined>)
    | undefined
  /** What access tokens must satisfy, for OpenID Connect products of a proxy configuration. */
  readonly oidc?: OidcOptions | undefined
  /** Empties every location of `credentials`, and what stands behind a `#`, before handlers see it. Default false. */
  readonly stripCredentials?: boolean | undefined
  /** Whether mapping rules ignore the case of a path; undefined: as the framework's router does. Default undefined. */
  readonly caseInsensitivePaths?: boolean | undefined
  /** Report the status of each answer as `log[code]`. Default false. */
  readonly responseCodes?: boolean | undefined
  /**
   * Send the Referer header (true) or the function's result, for services that filter by it. The text `*` is never
   * passed on. Default false.
   */
  readonly referrer?: boolean | ((view: View) => MaybePromise<string | undefined>) | undefined
  /** 'observe' denies and counts nothing, and publishes each decision on a diagnostics channel. Default 'enforce'. */
  readonly mode?: 'enforce' | 'observe' | undefined
  /** Decide locally. Default false; true takes the defaults of `CacheOptions`. */
  readonly cache?: boolean | CacheOptions | undefined
  /** The hierarchy of the metrics, such as `{ lookup: { parent: 'hits' } }`; saves calls in cached mode. */
  readonly metrics?: Readonly<Record<string, { readonly parent?: string | undefined }>> | undefined
  readonly report?: ReportOptions | undefined
  /** Keeps usage until 3scale has it, made by `fileJournal` of `@threescale/journal`. Default: usage ends with the process. */
  readonly journal?: Journal | undefined
  /**
   * One count for all processes, made by `redisStore` of `@threescale/redis`; implies `cache`. Default: each process
   * counts for itself.
   */
  readonly store?: UsageStore | undefined
  /**
   * Pauses calls for `openMs` after `failures` failures in a row; false never pauses.
   * Default `{ failures: 5, openMs: 1000 }`.
   */
  readonly breaker?:
    | false
    | { readonly failures?: number | undefined; readonly openMs?: number | undefined }
    | undefined
  /** Body of denials: problem details (RFC 9457) or the plain reason. Default 'problem'. */
  readonly rejection?: 'problem' | 'text' | undefined
  /**
   * RateLimit and RateLimit-Policy fields: never, on denials, or on all answers. 'all' decodes every answer of the
   * backend. Default 'denied'.
   */
  readonly rateLimitHeaders?: false | 'denied' | 'all' | undefined
  /** X-RateLimit-* fields too. Default false. */
  readonly legacyRateLimitHeaders?: boolean | undefined
  /**
   * Signals that close the gateway, such as `['SIGTERM', 'SIGINT']`. Afterwards the signal does what it would have done:
   * other listeners run as ever, and without one the process ends. Default none.
   */
  readonly closeOn?: readonly NodeJS.Signals[] | undefined
  /** A logger in the shape of pino. Default none: a misconfiguration then appears once as a process warning. */
  readonly logger?: Logger | undefined
}

export interface CredentialsOptions {
  /** A key alone, or an application id with its key. Default 'userKey'. */
  readonly kind?: 'userKey' | 'appId' | undefined
  /** The first location that holds a credential wins; id and key come from the same one. Default `['query']`. */
  readonly in?: readonly CredentialLocation[] | undefined
  /** Names of parameters, headers and fields. Defaults `user_key`, `app_id`, `app_key`. */
  readonly names?:
    | {
        readonly userKey?: string | undefined
        readonly appId?: string | undefined
        readonly appKey?: string | undefined
      }
    | undefined
  /** Used for requests without credentials. Default none. */
  readonly anonymous?: Credentials | undefined
  /** Longest id or key accepted, in bytes. Default 4096. */
  readonly maxBytes?: number | undefined
}

/** One 3scale mapping rule. */
export interface MappingRule {
  /** Upper-case HTTP method, or 'ANY'. GET does not cover HEAD. */
  readonly method: string
  /** Path prefix with `{param}` wildcards, `$` for the end of the path, and query conditions after `?`. */
  readonly pattern: string
  readonly metric: string
  /** Default 1. */
  readonly delta?: number | undefined
  /** If this rule matches, later rules are not tried. Default false. */
  readonly last?: boolean | undefined
}

export interface CacheOptions {
  /**
   * Age, in milliseconds, after which an answer is refreshed in the background. The first answer about a caller is
   * refreshed sooner, so that callers that arrived together are not refreshed together. Default 10000.
   */
  readonly ttlMs?: number | undefined
  /** Longest time an answer may be used, in milliseconds. Default 60000. */
  readonly staleMs?: number | undefined
  /** How many applications are remembered, and how many callers; each user key is one caller. Default 10000. */
  readonly maxApplications?: number | undefined
  /** Denials remembered. Default 10000. */
  readonly maxDenials?: number | undefined
  /** How long a denial is remembered, in milliseconds. Default 5000. */
  readonly denialTtlMs?: number | undefined
  /** Requests that may wait for the first call about one caller. Default 10000. */
  readonly maxWaiters?: number | undefined
  /** Longest time the backend may take to count a report, in milliseconds. Default 60000. */
  readonly settleMs?: number | undefined
}

export interface ReportOptions {
  /** Time between reports, in milliseconds. Default 10000. */
  readonly intervalMs?: number | undefined
  /** Pending records (application, minute, metric) that force a report. Default 100000. */
  readonly maxPending?: number | undefined
  /**
   * What to do with a report whose answer was lost, if it cannot be found out whether it was counted.
   * Default 'give-up'.
   */
  readonly ambiguous?: 'give-up' | 'count-again' | undefined
  /**
   * What to do with usage that is too old for 3scale (23 hours): report it with the present time, or give it up.
   * Default 're-stamp'.
   */
  readonly late?: 're-stamp' | 'give-up' | undefined
}
