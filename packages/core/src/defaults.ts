/** All defaults of options. Tests compare the tables of the pages and the docstrings with them. */

/** The defaults of a gateway's options. Those without an entry here are absent by default. */
export const DEFAULTS = {
  backendUrl: 'https://su1.3scale.net',
  timeoutMs: 1000,
  connectionTtlMs: 60_000,
  maxCalls: 128,
  credentials: {
    kind: 'userKey',
    in: ['query'],
    names: { userKey: 'user_key', appId: 'app_id', appKey: 'app_key' },
    maxBytes: 4096,
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

/** How long a proxy of the environment may take to answer a CONNECT, in milliseconds. */
export const PROXY_TIMEOUT_MS = 5000

/** How long a gateway without a cache collects usage that is known after the response, in milliseconds. */
export const DIRECT_REPORT_MS = 100

/** The longest that closing or flushing a gateway or its reporter takes by default, in milliseconds. */
export const CLOSE_MS = 5000

/** The longest that the first decisions wait for a journal, in milliseconds. */
export const JOURNAL_OPEN_MS = 5000

deepFreeze(DEFAULTS)
deepFreeze(CLIENT_DEFAULTS)

function deepFreeze(value: object): void {
  for (const part of Object.values(value)) if (typeof part === 'object') deepFreeze(part)
  Object.freeze(value)
}
