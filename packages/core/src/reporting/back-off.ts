/** How long to wait before usage that was not counted is sent again. */
export interface BackOff {
  /** When the next try is due, by elapsed time; `now` where there is nothing to wait for. */
  dueAt(now: number): number
  /** A failure; `leastMs` is what the backend asked for. */
  failed(now: number, leastMs?: number): void
  succeeded(): void
}

/** Doubles from `firstMs` to `mostMs`, each time half to one and a half of it, so that processes do not return together. */
export function createBackOff(firstMs: number, mostMs: number, random: () => number): BackOff {
  let failures = 0
  let until = Number.NEGATIVE_INFINITY
  return {
    dueAt: (now) => Math.max(until, now),
    failed(now, leastMs = 0) {
      const step = Math.min(mostMs, firstMs * 2 ** Math.min(failures, 30))
      failures += 1
      until = now + Math.ceil(Math.max(leastMs, step * (0.5 + random())))
    },
    succeeded() {
      failures = 0
      until = Number.NEGATIVE_INFINITY
    },
  }
}
