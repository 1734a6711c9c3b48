/** The option `portal`: where the configuration of the services is loaded from, and how it is followed. */
export interface PortalOptions {
  /**
   * The admin portal, such as `https://acme-admin.3scale.net`; the access token may stand in it as user name
   * (`https://TOKEN@…`). With a path, the lists are read below it: that of the master portal has the products of all
   * tenants.
   */
  readonly endpoint: string | URL
  /** An access token with the scope *Account Management API*; reading is enough. Default: as in `endpoint`. */
  readonly token?: string | undefined
  /** Which versions are served: the promoted ones, or those of staging. Default 'production'. */
  readonly environment?: 'production' | 'staging' | 'sandbox' | undefined
  /** Ids of the services to serve. Default: all that the token sees. */
  readonly serviceIds?: readonly string[] | undefined
  /** Pinned versions by service id, such as `{ '2555417': 12 }`. Default: the newest of each. */
  readonly versions?: Readonly<Record<string, number>> | undefined
  /**
   * Longest time between two loads, in milliseconds, each drawn from its second half; false loads once, and then only by
   * `reload()`. Default 300000.
   */
  readonly reloadMs?: number | false | undefined
  /** How long one answer of the portal may take, in milliseconds, connecting included. Default 10000. */
  readonly timeoutMs?: number | undefined
  /** How long the first configuration is waited for, in milliseconds. Then `ready()` rejects, or `lastGoodFile` is used. Default 30000. */
  readonly startTimeoutMs?: number | undefined
  /**
   * A file that keeps the last configuration that could be used, for a start while the portal is down. It holds service
   * tokens, and only its owner may read it. Default: none is kept.
   */
  readonly lastGoodFile?: string | undefined
  /** The portal may be asked by plain http on another machine. Default false. */
  readonly allowHttp?: boolean | undefined
}
