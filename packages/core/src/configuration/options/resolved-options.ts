/**
 * The options after checking: copied, frozen, with all defaults. For the gateway only, because they contain secrets.
 */
import type { Dispatcher } from 'undici'
import type { CacheSettings } from '../../authorization/cache-settings.ts'
import type { ThreeScaleClient } from '../../client/client.ts'
import type { CredentialLocation, CredentialsSettings } from '../../credentials/credentials-settings.ts'
import type { Claims, TokenRules } from '../../credentials/oidc/token-settings.ts'
import type { Credentials } from '../../domain/credentials.ts'
import type { Usage } from '../../domain/usage.ts'
import type { Journal } from '../../ledger/journal.ts'
import type { UsageStore } from '../../ledger/store.ts'
import type { Rule } from '../../mapping/rule.ts'
import type { Logger } from '../../observe/logger.ts'
import type { Clock } from '../../primitives/clock.ts'
import type { MaybePromise } from '../../primitives/maybe-promise.ts'
import type { ReportSettings } from '../../reporting/report-settings.ts'
import type { RequestView } from '../../request/request-view.ts'
import type { GatewayOptions, RouteOptions } from './gateway-options.ts'

/** The options that `with()` may replace. */
export interface ResolvedRoute<View extends RequestView = RequestView> {
  /** Undefined if `mappingRules` are given or a proxy configuration decides. */
  readonly usage: Usage | ((view: View) => MaybePromise<Usage | undefined>) | undefined
  readonly mappingRules: readonly Rule[] | undefined
  readonly skip: RouteOptions<View>['skip']
  readonly usageAfter: RouteOptions<View>['usageAfter']
  readonly onUnavailable: 'deny' | 'last-known' | 'allow'
}

/** What access tokens must satisfy. */
export interface ResolvedTokenRules extends Omit<TokenRules, 'issuers' | 'clientId' | 'judge'> {
  /** The name of a claim, or a function; undefined: as the product says. */
  readonly clientId: string | ((claims: Claims) => unknown) | undefined
  readonly allowHttp: boolean
}

export interface ResolvedOidc extends ResolvedTokenRules {
  readonly issuer: readonly string[] | undefined
}

export interface ResolvedOidcCredentials extends ResolvedTokenRules {
  readonly kind: 'oidc'
  /** Without a slash at the end. */
  readonly issuer: string
  readonly in: readonly CredentialLocation[]
  readonly maxBytes: number
}

export interface ResolvedPortal {
  /** Without token, and without slash at the end. */
  readonly endpoint: string
  readonly token: string
  readonly environment: 'production' | 'staging' | 'sandbox'
  readonly serviceIds: readonly string[] | undefined
  readonly versions: Readonly<Record<string, number>>
  readonly reloadMs: number | false
  readonly timeoutMs: number
  readonly startTimeoutMs: number
  /** An absolute path. */
  readonly lastGoodFile: string | undefined
  readonly allowHttp: boolean
}

export interface ResolvedOptions<View extends RequestView = RequestView> extends ResolvedRoute<View> {
  readonly serviceId: string | undefined
  readonly serviceToken: string | undefined
  readonly providerKey: string | undefined
  /** Without a slash at the end. Undefined if a client is given or a proxy configuration decides. */
  readonly backendUrl: string | undefined
  readonly timeoutMs: number
  readonly dispatcher: Dispatcher | undefined
  readonly connectionTtlMs: number
  readonly maxCalls: number
  readonly fairnessKey: GatewayOptions<View>['fairnessKey']
  readonly client: ThreeScaleClient | undefined
  readonly proxyConfig: object | undefined
  readonly pathRouting: boolean | 'only'
  readonly backendApi: string | undefined
  /** An absolute path. */
  readonly configFile: string | undefined
  readonly portal: ResolvedPortal | undefined
  /** Undefined if a proxy configuration decides. */
  readonly credentials:
    | CredentialsSettings
    | ResolvedOidcCredentials
    | ((view: View) => MaybePromise<Credentials | undefined>)
    | undefined
  readonly oidc: ResolvedOidc
  readonly stripCredentials: boolean
  /** Undefined: as the framework's router does. */
  readonly caseInsensitivePaths: boolean | undefined
  readonly responseCodes: boolean
  readonly referrer: NonNullable<GatewayOptions<View>['referrer']>
  readonly mode: 'enforce' | 'observe'
  readonly cache: false | CacheSettings
  /** Without a prototype; empty if no hierarchy is given. */
  readonly metrics: Readonly<Record<string, { readonly parent: string | undefined }>>
  readonly report: ReportSettings
  readonly journal: Journal | undefined
  readonly store: UsageStore | undefined
  readonly breaker: false | { readonly failures: number; readonly openMs: number }
  readonly rejection: 'problem' | 'text'
  readonly rateLimitHeaders: false | 'denied' | 'all'
  readonly legacyRateLimitHeaders: boolean
  readonly closeOn: readonly NodeJS.Signals[]
  readonly logger: Logger | undefined
  /** The system clock, unless the options have another one under the symbol `CLOCK`. */
  readonly clock: Clock
  /** Warnings for the operator about what works but should be changed. The observer gives them once. */
  readonly warnings: readonly string[]
}
