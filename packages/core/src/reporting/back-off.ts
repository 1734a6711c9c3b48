/** How long to wait before usage that was not counted is sent again. */
export interface BackOff {
  /** When the next try is due, by elapsed time; `now` where there is nothing to wait for. */
  dueAt(now: number): number
  /** Notes a failure; `minMs` is the wait that the backend asked for. */
  failed(now: number, minMs?: number): void
  /** Ends the wait. */
  succeeded(): void
}

/**
 * The wait doubles from `firstMs` to `maxMs`. Each wait is 0.5 to 1.5 times that, so that processes do not retry
 * together.
 */
export function createBackOff(firstMs: number, maxMs: number, random: () => number): BackOff {
  let failures = 0
  let until = Number.NEGATIVE_INFINITY
  return {
    dueAt: (now) => Math.max(until, now),
    failed(now, minMs = 0) {
      const step = Math.min(maxMs, firstMs * 2 ** Math.min(failures, 30))
      failures += 1
      until = now + Math.ceil(Math.max(minMs, step * (0.5 + random())))
    },
    succeeded() {
      failures = 0
      until = Number.NEGATIVE_INFINITY
    },
  }
}
