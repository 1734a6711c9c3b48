/** The options of a connection to the backend, which clients and gateways share. */
import type { Dispatcher } from 'undici'

export interface ConnectionOptions {
  /**
   * The service ("product") the calls are for, unless a call or a proxy configuration names one. Required with a service
   * token; without it, a provider key uses the provider's default service.
   */
  readonly serviceId?: string | undefined
  /** Our credential at the backend, for one service. Either this or `providerKey`. */
  readonly serviceToken?: string | undefined
  /** Our credential at the backend, for all services of a provider. */
  readonly providerKey?: string | undefined
  /** Base of the Service Management API; a path is kept as prefix. Default `https://su1.3scale.net`. */
  readonly backendUrl?: string | URL | undefined
  /** How long one call to the backend may take, in milliseconds, connecting and retries included. Default 1000. */
  readonly timeoutMs?: number | undefined
  /** An undici dispatcher for a CA, a client certificate or a proxy; never closed by us. Default: a pool of its own. */
  readonly dispatcher?: Dispatcher | undefined
}
