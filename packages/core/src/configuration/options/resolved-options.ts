/** The options after checking: copied, frozen, every default filled in. For the gateway only; it holds secrets. */
import type { Dispatcher } from 'undici'
import type { ThreeScaleClient } from '../../client/client.ts'
import type { Credentials } from '../../domain/credentials.ts'
import type { Usage } from '../../domain/usage.ts'
import type { Clock } from '../../primitives/clock.ts'
import type { MaybePromise } from '../../primitives/maybe-promise.ts'
import type { RequestView } from '../../request/request-view.ts'
import type { CredentialLocation, GatewayOptions, Logger, RouteOptions } from './gateway-options.ts'

/** What `with()` may replace. */
export interface ResolvedRoute<View extends RequestView = RequestView> {
  /** Undefined where `mappingRules` are given, or where only a proxy configuration tells. */
  readonly usage: Usage | ((view: View) => MaybePromise<Usage | undefined>) | undefined
  readonly mappingRules: readonly ResolvedMappingRule[] | undefined
  readonly skip: RouteOptions<View>['skip']
  readonly usageAfter: RouteOptions<View>['usageAfter']
  readonly onUnavailable: 'deny' | 'last-known' | 'allow'
}

export interface ResolvedOptions<View extends RequestView = RequestView> extends ResolvedRoute<View> {
  readonly serviceId: string | undefined
  readonly serviceToken: string | undefined
  readonly providerKey: string | undefined
  /** Without a slash at the end. Undefined where a client is given, or where only a proxy configuration tells. */
  readonly backendUrl: string | undefined
  readonly timeoutMs: number
  readonly dispatcher: Dispatcher | undefined
  readonly maxCalls: number
  readonly client: ThreeScaleClient | undefined
  readonly proxyConfig: object | undefined
  /** Undefined where only a proxy configuration tells. */
  readonly credentials: ResolvedCredentials | ((view: View) => MaybePromise<Credentials | undefined>) | undefined
  readonly stripCredentials: boolean
  readonly caseInsensitivePaths: boolean
  readonly responseCodes: boolean
  readonly referrer: NonNullable<GatewayOptions<View>['referrer']>
  readonly mode: 'enforce' | 'observe'
  readonly cache: false | ResolvedCache
  /** Without a prototype; empty when nothing is known beforehand. */
  readonly metrics: Readonly<Record<string, { readonly parent: string | undefined }>>
  readonly report: ResolvedReport
  readonly breaker: false | { readonly failures: number; readonly openMs: number }
  readonly rejection: 'problem' | 'text'
  readonly rateLimitHeaders: false | 'denied' | 'all'
  readonly legacyRateLimitHeaders: boolean
  readonly logger: Logger | undefined
  /** The machine's, unless the options carry another one under the symbol `CLOCK`. */
  readonly clock: Clock
  /** Sentences for the operator: what works but should not stay. The observer says them once. */
  readonly warnings: readonly string[]
}

export interface ResolvedCredentials {
  readonly kind: 'userKey' | 'appId'
  readonly in: readonly CredentialLocation[]
  readonly names: { readonly userKey: string; readonly appId: string; readonly appKey: string }
  readonly anonymous: Credentials | undefined
  readonly maxBytes: number
}

export interface ResolvedMappingRule {
  readonly method: string
  readonly pattern: string
  readonly metric: string
  readonly delta: number
  readonly last: boolean
}

export interface ResolvedCache {
  readonly ttlMs: number
  readonly staleMs: number
  readonly maxApplications: number
  readonly maxDenials: number
  readonly denialTtlMs: number
  readonly maxWaiters: number
  readonly limitMargin: number
  readonly settleMs: number
}

export interface ResolvedReport {
  readonly intervalMs: number
  readonly maxPending: number
  readonly ambiguous: 'give-up' | 'count-again'
  readonly late: 're-stamp' | 'give-up'
}
