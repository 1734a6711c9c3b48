/** The options after checking: copied, frozen, every default filled in. For the gateway only; it holds secrets. */
import type { Dispatcher } from 'undici'
import type { CacheSettings } from '../../authorization/cache-settings.ts'
import type { ThreeScaleClient } from '../../client/client.ts'
import type { CredentialsSettings } from '../../credentials/credentials-settings.ts'
import type { Credentials } from '../../domain/credentials.ts'
import type { Usage } from '../../domain/usage.ts'
import type { Rule } from '../../mapping/rule.ts'
import type { Logger } from '../../observe/logger.ts'
import type { Clock } from '../../primitives/clock.ts'
import type { MaybePromise } from '../../primitives/maybe-promise.ts'
import type { ReportSettings } from '../../reporting/report-settings.ts'
import type { RequestView } from '../../request/request-view.ts'
import type { GatewayOptions, RouteOptions } from './gateway-options.ts'

/** What `with()` may replace. */
export interface ResolvedRoute<View extends RequestView = RequestView> {
  /** Undefined where `mappingRules` are given, or where only a proxy configuration tells. */
  readonly usage: Usage | ((view: View) => MaybePromise<Usage | undefined>) | undefined
  readonly mappingRules: readonly Rule[] | undefined
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
  readonly credentials: CredentialsSettings | ((view: View) => MaybePromise<Credentials | undefined>) | undefined
  readonly stripCredentials: boolean
  readonly caseInsensitivePaths: boolean
  readonly responseCodes: boolean
  readonly referrer: NonNullable<GatewayOptions<View>['referrer']>
  readonly mode: 'enforce' | 'observe'
  readonly cache: false | CacheSettings
  /** Without a prototype; empty when nothing is known beforehand. */
  readonly metrics: Readonly<Record<string, { readonly parent: string | undefined }>>
  readonly report: ReportSettings
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
