/** Limits how many backend calls run at once, and how many of them serve unverified callers (law 10). */

export interface Bulkhead {
  readonly running: number
  /**
   * Takes a place; false when there is none. Callers never seen allowed get at most half of the places, so that a flood
   * of made-up keys cannot shut out known callers.
   */
  enter(known: boolean): boolean
  /** Gives back the place that `enter` took with the same `known`. */
  leave(known: boolean): void
}

export function createBulkhead({ maxCalls }: { readonly maxCalls: number }): Bulkhead {
  // A single place is open to unverified callers, or no caller could ever become known.
  const maxUnverified = Math.max(1, Math.floor(maxCalls / 2))
  let running = 0
  let unverified = 0
  return {
    get running() {
      return running
    },
    enter(known) {
      if (running >= maxCalls || (!known && unverified >= maxUnverified)) return false
      running++
      if (!known) unverified++
      return true
    },
    leave(known) {
      running--
      if (!known) unverified--
    },
  }
}
