/** All defaults of options. Tests compare the tables of the pages and the docstrings with them. */

/** The defaults of a gateway's options. Those without an entry here are absent by default. */
export const DEFAULTS = {
  backendUrl: 'https://su1.3scale.net',
  timeoutMs: 1000,
  connectionTtlMs: 60_000,
  maxCalls: 128,
  pathRouting: false,
  credentials: {
    kind: 'userKey',
    in: ['query'],
    names: { userKey: 'user_key', appId: 'app_id', appKey: 'app_key' },
    maxBytes: 4096,
  },
  /** For products with access tokens: `oidc`, and `credentials` of the kind 'oidc'. */
  oidc: { requiredClaims: ['exp', 'sub', 'aud'], clockToleranceMs: 0, allowHttp: false },
  portal: {
    environment: 'production',
    reloadMs: 300_000,
    timeoutMs: 10_000,
    startTimeoutMs: 30_000,
    allowHttp: false,
  },
  stripCredentials: false,
  usage: { hits: 1 },
  responseCodes: false,
  referrer: false,
  mode: 'enforce',
  /** The values of `cache: true`; `cache` itself is false by default. */
  cache: {
    ttlMs: 10_000,
    staleMs: 60_000,
    maxApplications: 10_000,
    maxDenials: 10_000,
    denialTtlMs: 5_000,
    maxWaiters: 10_000,
    settleMs: 60_000,
  },
  report: { intervalMs: 10_000, maxPending: 100_000, ambiguous: 'give-up', late: 're-stamp' },
  onUnavailable: 'deny',
  breaker: { failures: 5, openMs: 1000 },
  rejection: 'problem',
  rateLimitHeaders: 'denied',
  legacyRateLimitHeaders: false,
} as const

/** The defaults of a client's options; `DEFAULTS` says those that a gateway has, too. */
export const CLIENT_DEFAULTS: {
  readonly backendUrl: string
  readonly timeoutMs: number
  readonly connectionTtlMs: number
  readonly headers: Readonly<Record<string, string>>
  readonly retry: number
  readonly maxConnections: number
} = {
  backendUrl: DEFAULTS.backendUrl,
  timeoutMs: DEFAULTS.timeoutMs,
  connectionTtlMs: DEFAULTS.connectionTtlMs,
  headers: {},
  retry: 1,
  maxConnections: 128,
}

/**
 * The longest wait of the backend's `Retry-After` that a gateway keeps and passes on, in milliseconds. One mistaken header
 * must not silence reports or callers for a day.
 */
export const MAX_RETRY_AFTER_MS = 60_000

/** Where and how large an access token may be, if `credentials` of the kind 'oidc' do not say. */
export const TOKEN_DEFAULTS: { readonly in: readonly ['authorization']; readonly maxBytes: number } = {
  in: ['authorization'],
  // Node reads at most this much of all header fields together.
  maxBytes: 16_384,
}

/** The claim with the client id, if neither options nor product name one. */
export const CLIENT_ID_CLAIM = 'azp'

/** The signature algorithms of access tokens: those with a public key. */
export const ASYMMETRIC_ALGORITHMS: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

/** Different tokens that may be verified at once, and requests that may wait for one of them. */
export const MAX_VERIFYING = 10_000

/** Tokens of one service that may be introspected at once, and requests that may wait for one of them. */
export const MAX_INTROSPECTIONS = 1000

/** The memory that remembered tokens of one service take at most, in bytes. */
export const VERIFIED_TOKENS_BYTES = 16_777_216

/** How the keys of an identity provider are kept up to date, in milliseconds. */
export const ISSUER_KEYS = {
  /** One exchange with the provider, connecting included. */
  timeoutMs: 5000,
  /** A request waits no longer than this for keys. */
  waitMs: 1000,
  /** Longest time between two fetches in the background, as APIcast by default; each is drawn from its second half. */
  refreshMs: 300_000,
  /** A `max-age` of the provider shortens that time, down to this. */
  minRefreshMs: 60_000,
  /** The first retry after a failure, and the longest: each waits twice as long as the one before. */
  retryMs: 1000,
  maxRetryMs: 30_000,
  /** Unknown keys cause at most one fetch in this time, whether it succeeds or not. */
  cooldownMs: 30_000,
} as const

/** How lists of the portal are read. */
export const PORTAL_LIST = {
  /** Entries of a page. A portal gives up to 500 (porta, account proxy_configs), but parsing those stops the event loop. */
  pageSize: 100,
  maxPages: 1000,
  /** A longer page is none, in bytes. */
  maxPageBytes: 67_108_864,
} as const

/** How a configuration is loaded again after a failure, in milliseconds: each wait is twice as long as the one before. */
export const LOAD_RETRY = {
  firstMs: 1000,
  /** The longest wait before the first configuration. Later it is the time between two loads. */
  maxMs: 30_000,
} as const

/** What APIcast's 0 seconds, a load for each request, stands for: the shortest time between two loads by variables. */
export const MIN_RELOAD_MS = 10_000

/** How long a client is kept that a changed credential has replaced, in milliseconds: calls may still be made with it. */
export const RETIRED_CLIENT_MS = 60_000

/** How often a followed configuration file is looked at, in milliseconds. */
export const CONFIG_FILE_MS = 1000

/** How long a proxy of the environment may take to answer a CONNECT, in milliseconds. */
export const PROXY_TIMEOUT_MS = 5000

/** How long a gateway without a cache collects usage that is known after the response, in milliseconds. */
export const DIRECT_REPORT_MS = 100

/** The longest that closing or flushing a gateway or its reporter takes by default, in milliseconds. */
export const CLOSE_MS = 5000

/** The longest that loading a configuration waits for the disk of the last good one, in milliseconds. */
export const LAST_GOOD_MS = 5000

/** The longest that the first decisions wait for a journal, in milliseconds. */
export const JOURNAL_OPEN_MS = 5000

deepFreeze(DEFAULTS)
deepFreeze(CLIENT_DEFAULTS)
deepFreeze(TOKEN_DEFAULTS)
deepFreeze(ASYMMETRIC_ALGORITHMS)
deepFreeze(ISSUER_KEYS)
deepFreeze(PORTAL_LIST)
deepFreeze(LOAD_RETRY)

function deepFreeze(value: object): void {
  for (const part of Object.values(value)) if (typeof part === 'object') deepFreeze(part)
  Object.freeze(value)
}
