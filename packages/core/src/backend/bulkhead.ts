/** How many backend calls may run at once, and how many of them for strangers (law 10). */

export interface Bulkhead {
  readonly running: number
  /**
   * Takes a place; false when there is none. Strangers, identities never seen allowed, get at most half of the places, so
   * that a flood of made-up keys cannot shut out those who are known.
   */
  enter(known: boolean): boolean
  /** Gives back the place that `enter` took with the same word. */
  leave(known: boolean): void
}

export function createBulkhead({ maxCalls }: { readonly maxCalls: number }): Bulkhead {
  // With a single place strangers must get it, else nobody would ever become known.
  const maxStrangers = Math.max(1, Math.floor(maxCalls / 2))
  let running = 0
  let unverified = 0
  return {
    get running() {
      return running
    },
    enter(known) {
      if (running >= maxCalls || (!known && unverified >= maxStrangers)) return false
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
