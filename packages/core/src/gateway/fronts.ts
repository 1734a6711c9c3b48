/** Sets up each protected service: the one that the options name, or those of a proxy configuration. */
import { ThreeScaleClient } from '../client/client.ts'
import { TRANSPORT, type Transport } from '../client/transport.ts'
import { CLOCK } from '../clock.ts'
import { createCredentialsReader } from '../credentials/credentials-reader.ts'
import { createUsageReader } from '../mapping/usage-reader.ts'
import { DEFAULTS } from '../options/defaults.ts'
import type { ResolvedOptions } from '../options/resolved-options.ts'
import { createRejection, type Rejection } from '../rejection/rejection.ts'
import type { RequestView } from '../request-view.ts'
import type { ProtectedService } from '../terms.ts'
import type { Front } from './services.ts'

export interface Fronts<View extends RequestView> {
  readonly fronts: readonly Front<View>[]
  /** Clients made here, for whoever closes the gateway. */
  readonly ownClients: readonly ThreeScaleClient[]
}

/** @throws ConfigError when a proxy configuration cannot be used. */
export function createFronts<View extends RequestView>(
  options: ResolvedOptions<View>,
  transport: Transport | undefined,
): Fronts<View> {
  const client = options.client ?? createClient(options, transport)
  const credentials = createCredentialsReader(options.credentials ?? DEFAULT_CREDENTIALS)
  const rejection = createRejection({ ...options, challenge: credentials.challenge })
  const front: Front<View> = {
    service: protectedService(options.serviceId, client, options, rejection),
    hosts: [],
    credentials,
    usage: createUsageReader({ ...options }),
    rejection,
    referrer: false,
  }
  return { fronts: [front], ownClients: client === options.client ? [] : [client] }
}

const DEFAULT_CREDENTIALS = { anonymous: undefined, ...DEFAULTS.credentials }

function createClient<View extends RequestView>(
  { serviceId, serviceToken, providerKey, backendUrl, timeoutMs, dispatcher, maxCalls, clock }: ResolvedOptions<View>,
  transport: Transport | undefined,
): ThreeScaleClient {
  return new ThreeScaleClient({
    serviceId,
    serviceToken,
    providerKey,
    backendUrl,
    timeoutMs,
    dispatcher,
    maxConnections: maxCalls,
    [CLOCK]: clock,
    [TRANSPORT]: transport,
  })
}

function protectedService<View extends RequestView>(
  id: string | undefined,
  client: ThreeScaleClient,
  { rateLimitHeaders }: ResolvedOptions<View>,
  rejection: Rejection,
): ProtectedService {
  return { id, client, limitHeaders: rateLimitHeaders === 'all' ? rejection.limitHeaders : undefined }
}
