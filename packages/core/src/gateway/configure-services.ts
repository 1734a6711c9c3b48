/** Configures the protected services: the one of the options, or those of a proxy configuration. */
import { ThreeScaleClient } from '../client/client.ts'
import { WARNED } from '../client/client-options.ts'
import { TRANSPORT, type Transport } from '../client/transport/transport.ts'
import type { GatewayOptions } from '../configuration/options/gateway-options.ts'
import type { ResolvedOptions } from '../configuration/options/resolved-options.ts'
import type { PortalService } from '../configuration/portal/portal-service.ts'
import { readProxyConfig, type UnusableService } from '../configuration/portal/proxy-config.ts'
import { createCredentialsReader } from '../credentials/credentials-reader.ts'
import { DEFAULTS } from '../defaults.ts'
import { createUsageReader } from '../mapping/usage-reader.ts'
import { CLOCK } from '../primitives/clock.ts'
import { createRejection } from '../rejection/rejection.ts'
import type { RequestView } from '../request/request-view.ts'
import { plainHttpWarning } from '../validation/backend-url.ts'
import type { ConfiguredService } from './configured-service.ts'
import { overlapWarnings } from './overlapping-services.ts'
import type { TokenReaders } from './token-readers.ts'

/** A configured service without the parts that the runtime adds. */
export type ServiceSetup<View extends RequestView> = Omit<ConfiguredService<View>, 'authorizer'>

export interface ServiceSetups<View extends RequestView> {
  readonly setups: readonly ServiceSetup<View>[]
  /** Services of the document that cannot be served; there is at least one that can. */
  readonly unusable: readonly UnusableService[]
  /** Clients that were created here, to be closed with the gateway. */
  readonly createdClients: readonly ThreeScaleClient[]
  /** Warnings for the operator. */
  readonly warnings: readonly string[]
}

/** The options as given. Each given option replaces the same setting of a proxy configuration as a whole. */
export type GivenOptions<View extends RequestView> = GatewayOptions<View> & {
  readonly [TRANSPORT]?: Transport | undefined
}

/** @throws ConfigError if a proxy configuration cannot be used. */
export function configureServices<View extends RequestView>(
  given: GivenOptions<View>,
  options: ResolvedOptions<View>,
  tokens: TokenReaders<View>,
): ServiceSetups<View> {
  const { services, unusable, warnings } = servicesOf(options)
  const clients = services.map((service) => options.client ?? createClient(service, options, given[TRANSPORT]))
  const setups = services.map((service, index) => configureService(service, clients[index]!, given, options, tokens))
  return {
    setups,
    unusable,
    createdClients: options.client === undefined ? clients : [],
    warnings: [
      ...warnings,
      ...(options.backendUrl === undefined ? services.flatMap(plainHttpOf) : []),
      ...(options.pathRouting === false ? [] : overlapWarnings(setups)),
    ],
  }
}

function plainHttpOf({ backendUrl }: ServiceSettings): string[] {
  const warning = backendUrl === undefined ? undefined : plainHttpWarning('proxyConfig: backend.endpoint', backendUrl)
  return warning === undefined ? [] : [warning]
}

/** Settings of a service from a proxy configuration; empty without one. */
type ServiceSettings = Partial<PortalService>

function servicesOf<View extends RequestView>(
  options: ResolvedOptions<View>,
): {
  services: readonly ServiceSettings[]
  unusable: readonly UnusableService[]
  warnings: readonly string[]
} {
  const { proxyConfig, serviceId, serviceToken, providerKey, client, credentials, oidc, pathRouting, backendApi } =
    options
  if (proxyConfig === undefined) return { services: [{}], unusable: [], warnings: [] }
  return readProxyConfig(proxyConfig, {
    serviceId,
    providerCredential: (serviceToken ?? providerKey ?? client) !== undefined,
    credentials: credentials !== undefined,
    allowHttpIssuer: oidc.allowHttp,
    pathRouting: pathRouting !== false,
    backendApi,
  })
}

function configureService<View extends RequestView>(
  service: ServiceSettings,
  client: ThreeScaleClient,
  given: GivenOptions<View>,
  options: ResolvedOptions<View>,
  tokens: TokenReaders<View>,
): ServiceSetup<View> {
  const { credentials, keys } = identificationOf(service, options, tokens)
  const everyAnswer = given.rateLimitHeaders === undefined && service.rateLimitHeaders === true
  const rejection = createRejection({
    ...options,
    apicastRateLimitHeaders: everyAnswer,
    texts: given.rejection === undefined ? service.texts : undefined,
    challenge: credentials.challenge,
  })
  return {
    service: {
      id: options.serviceId ?? service.id,
      client,
      limitHeaders: everyAnswer || options.rateLimitHeaders === 'all' ? rejection.limitHeaders : undefined,
    },
    hosts: service.hosts ?? [],
    rank: service.rank ?? 0,
    rules: service.mappingRules ?? [],
    credentials,
    keys,
    usage: createUsageReader(options.mappingRules === undefined ? { ...options, ...rulesOf(service) } : options),
    rejection,
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
): Pick<ConfiguredService<View>, 'credentials' | 'keys'> {
  if (typeof credentials === 'object' && credentials.kind === 'oidc') return tokens.ofOptions()
  if (credentials === undefined && service.oidc !== undefined) return tokens.ofPortal(service.oidc)
  const reader = createCredentialsReader<View>(credentials ?? service.credentials ?? DEFAULT_CREDENTIALS)
  return { credentials: reader, keys: undefined }
}

const DEFAULT_CREDENTIALS = { anonymous: undefined, ...DEFAULTS.credentials }

function createClient<View extends RequestView>(
  service: ServiceSettings,
  options: ResolvedOptions<View>,
  transport: Transport | undefined,
): ThreeScaleClient {
  const { timeoutMs, dispatcher, connectionTtlMs, maxCalls, clock } = options
  const given = options.serviceToken ?? options.providerKey
  return new ThreeScaleClient({
    serviceId: options.serviceId ?? service.id,
    serviceToken: given === undefined ? service.serviceToken : options.serviceToken,
    providerKey: given === undefined ? service.providerKey : options.providerKey,
    backendUrl: options.backendUrl ?? service.backendUrl,
    timeoutMs,
    dispatcher,
    connectionTtlMs,
    maxConnections: maxCalls,
    [CLOCK]: clock,
    [WARNED]: true,
    [TRANSPORT]: transport,
  })
}
