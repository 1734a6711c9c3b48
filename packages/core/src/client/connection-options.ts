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
  /**
   * An undici dispatcher (undici 7 or 8) for a CA, a client certificate or a proxy; never closed by us. It alone decides
   * about its connections. Default: connections of our own, as many as the backend serves.
   */
  readonly dispatcher?: Dispatcher | undefined
  /**
   * How long a connection of our own is used, in milliseconds; then it ends after its call, and a new one looks the
   * backend's name up again. Default 60000.
   */
  readonly connectionTtlMs?: number | undefined
}
