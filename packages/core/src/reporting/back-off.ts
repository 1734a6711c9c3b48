/** How long to wait before usage that was not counted is sent again. */

export interface BackOff {
  /** Nothing is sent before, by our clock. */
  readonly until: number
  /** A failure; `leastMs` is what the backend asked for. */
  failed(now: number, leastMs?: number): void
  succeeded(): void
}

/** Doubles from `firstMs` to `mostMs`, each time half to one and a half of it, so that processes do not return together. */
export function createBackOff(firstMs: number, mostMs: number, random: () => number): BackOff {
  let failures = 0
  let until = Number.NEGATIVE_INFINITY
  return {
    get until() {
      return until
    },
    failed(now, leastMs = 0) {
      const step = Math.min(mostMs, firstMs * 2 ** Math.min(failures, 30))
      failures += 1
      until = now + Math.max(leastMs, step * (0.5 + random()))
    },
    succeeded() {
      failures = 0
      until = Number.NEGATIVE_INFINITY
    },
  }
}
