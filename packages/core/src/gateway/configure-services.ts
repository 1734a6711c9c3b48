/** Configures protected services: the one of the options, or those of a proxy configuration. */
import { ThreeScaleClient } from '../client/client.ts'
import { WARNED } from '../client/client-options.ts'
import { TRANSPORT, type Transport } from '../client/transport/transport.ts'
import type { GatewayOptions } from '../configuration/options/gateway-options.ts'
import type { ResolvedOptions } from '../configuration/options/resolved-options.ts'
import type { PortalService } from '../configuration/portal/portal-service.ts'
import { readingProxyConfig, type UnusableService } from '../configuration/portal/proxy-config.ts'
import { createCredentialsReader } from '../credentials/credentials-reader.ts'
import type { TokenRules } from '../credentials/oidc/token-settings.ts'
import type { ProtectedService } from '../decision/protected-service.ts'
import { DEFAULTS } from '../defaults.ts'
import { createUsageReader } from '../mapping/usage-reader.ts'
import { createPolicyChain, judgeBy } from '../policies/policy.ts'
import { CLOCK } from '../primitives/clock.ts'
import type { Steps } from '../primitives/steps.ts'
import { createRejection } from '../rejection/rejection.ts'
import type { RequestView } from '../request/request-view.ts'
import { plainHttpWarning } from '../validation/backend-url.ts'
import type { ConfiguredService } from './configured-service.ts'
import { createPolicies } from './create-policies.ts'
import type { TokenReaders } from './token-readers.ts'

/** A configured service without the parts that stay when its configuration is replaced. */
export interface ServiceSetup<View extends RequestView>
  extends Omit<ConfiguredService<View>, 'service'>,
    Pick<ProtectedService, 'limitHeaders'> {
  readonly access: BackendAccess
}

/** How the backend is called about a service. */
export interface BackendAccess {
  readonly id: string | undefined
  readonly serviceToken: string | undefined
  readonly providerKey: string | undefined
  /** Undefined: the client's default. */
  readonly backendUrl: string | undefined
}

/** The options as given. Each given option replaces the same setting of a proxy configuration as a whole. */
export type GivenOptions<View extends RequestView> = GatewayOptions<View> & {
  readonly [TRANSPORT]?: Transport | undefined
}

function plainHttpOf({ backendUrl }: ServiceSettings): string[] {
  const warning = backendUrl === undefined ? undefined : plainHttpWarning('proxyConfig: backend.endpoint', backendUrl)
  return warning === undefined ? [] : [warning]
}

/** Settings of a service from a proxy configuration; empty without one. */
export type ServiceSettings = Partial<PortalService>

export interface ReadServices {
  readonly services: readonly ServiceSettings[]
  /** Services of the document that cannot be served; there is at least one that can. */
  readonly unusable: readonly UnusableService[]
  /** Warnings for the operator. */
  readonly warnings: readonly string[]
}

/**
 * Reads the services of a proxy configuration, in steps; without one, the service of the options is the only one.
 *
 * @throws ConfigError if the document cannot be used.
 */
export function* readServices<View extends RequestView>(
  document: object | undefined,
  options: ResolvedOptions<View>,
): Steps<ReadServices> {
  const { serviceId, serviceToken, providerKey, client, credentials, oidc, pathRouting, backendApi } = options
  if (document === undefined) return { services: [{}], unusable: [], warnings: [] }
  const read = yield* readingProxyConfig(document, {
    serviceId,
    providerCredential: (serviceToken ?? providerKey ?? client) !== undefined,
    credentials: credentials !== undefined,
    allowHttpIssuer: oidc.allowHttp,
    pathRouting: pathRouting !== false,
    backendApi,
  })
  if (options.backendUrl !== undefined) return read
  return { ...read, warnings: [...read.warnings, ...read.services.flatMap(plainHttpOf)] }
}

/** Makes what reads the requests of a service, and what denies them. */
export function setUpService<View extends RequestView>(
  service: ServiceSettings,
  given: GivenOptions<View>,
  options: ResolvedOptions<View>,
  tokens: TokenReaders<View>,
): ServiceSetup<View> {
  const own = (options.serviceToken ?? options.providerKey) === undefined ? service : options
  const reading = { ignoreCase: options.caseInsensitivePaths, mountPath: service.mountPath }
  const policies = createPolicies(service.policies ?? [], reading, {
    ...tokens.introspection,
    tokenOf: (view) => (credentials.tokenOf ?? tokens.bearerOf)(view as View),
    issuerEndpoint: () => keys && tokens.introspectionEndpointOf(keys),
  })
  const { credentials, keys } = identificationOf(service, options, tokens, judgeBy(policies))
  const everyAnswer = given.rateLimitHeaders === undefined && service.rateLimitHeaders === true
  const rejection = createRejection({
    ...options,
    apicastRateLimitHeaders: everyAnswer,
    texts: given.rejection === undefined ? service.texts : undefined,
    challenge: credentials.challenge,
  })
  return {
    access: {
      id: options.serviceId ?? service.id,
      serviceToken: own.serviceToken,
      providerKey: own.providerKey,
      backendUrl: options.backendUrl ?? service.backendUrl,
    },
    limitHeaders: everyAnswer || options.rateLimitHeaders === 'all' ? rejection.limitHeaders : undefined,
    hosts: service.hosts ?? [],
    rank: service.rank ?? 0,
    rules: service.mappingRules ?? [],
    credentials,
    keys,
    usage: createUsageReader(options.mappingRules === undefined ? { ...options, ...rulesOf(service) } : options),
    rejection,
    policies: createPolicyChain(policies, credentials.judgementsOf),
    referrer: given.referrer === undefined && service.referrer === true,
  }
}

function rulesOf({ mappingRules, backends, mountPath }: ServiceSettings) {
  return { mappingRules, backends, mountPath }
}

function identificationOf<View extends RequestView>(
  service: ServiceSettings,
  { credentials }: ResolvedOptions<View>,
  tokens: TokenReaders<View>,
  judge: TokenRules['judge'],
): Pick<ConfiguredService<View>, 'credentials' | 'keys'> {
  if (typeof credentials === 'object' && credentials.kind === 'oidc') return tokens.ofOptions(judge)
  if (credentials === undefined && service.oidc !== undefined) return tokens.ofPortal(service.oidc, judge)
  const reader = createCredentialsReader<View>(credentials ?? service.credentials ?? DEFAULT_CREDENTIALS)
  return { credentials: reader, keys: undefined }
}

const DEFAULT_CREDENTIALS = { anonymous: undefined, ...DEFAULTS.credentials }

/** A client for a service, with the connection options of the gateway. */
export function createServiceClient<View extends RequestView>(
  { id, serviceToken, providerKey, backendUrl }: BackendAccess,
  { timeoutMs, dispatcher, connectionTtlMs, maxCalls, clock }: ResolvedOptions<View>,
  transport: Transport | undefined,
): ThreeScaleClient {
  return new ThreeScaleClient({
    serviceId: id,
    serviceToken,
    providerKey,
    backendUrl,
    timeoutMs,
    dispatcher,
    connectionTtlMs,
    maxConnections: maxCalls,
    [CLOCK]: clock,
    [WARNED]: true,
    [TRANSPORT]: transport,
  })
}
