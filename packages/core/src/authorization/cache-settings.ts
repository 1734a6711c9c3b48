/** How long and how much cached authorization remembers. Durations are milliseconds; see `CacheOptions`. */

export interface CacheSettings {
  readonly ttlMs: number
  readonly staleMs: number
  readonly maxApplications: number
  readonly maxDenials: number
  readonly denialTtlMs: number
  readonly maxWaiters: number
  readonly settleMs: number
}
