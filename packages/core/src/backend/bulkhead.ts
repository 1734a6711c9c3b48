/** Limits how many backend calls run at once, how many serve unverified callers, and how many serve one caller (law 10). */

export interface Bulkhead {
  readonly running: number
  /**
   * Takes a place; false when there is none.
   *
   * Callers never seen allowed get at most half of the places, so that a flood of made-up keys cannot shut out known
   * callers. A share gets a further place only while more places are free than it holds. So it never holds more than half
   * of what it may use, and what others hold makes its part smaller.
   *
   * @param share tells whose calls share a part of the places: one caller, or what the user says belongs together.
   */
  enter(known: boolean, share: string): boolean
  /** Gives back the place that `enter` took with the same arguments. */
  leave(known: boolean, share: string): void
}

export function createBulkhead({ maxCalls }: { readonly maxCalls: number }): Bulkhead {
  // A single place is open to unverified callers, or no caller could ever become known.
  const maxUnverified = Math.max(1, Math.floor(maxCalls / 2))
  // Two maps, because the user chooses the names of shares of unverified callers.
  const verifiedShares = new Map<string, number>()
  const unverifiedShares = new Map<string, number>()
  let running = 0
  let unverified = 0
  return {
    get running() {
      return running
    },
    enter(known, share) {
      const shares = known ? verifiedShares : unverifiedShares
      const held = shares.get(share) ?? 0
      const free = maxCalls - running
      if (held >= (known ? free : Math.min(free, maxUnverified - unverified))) return false
      shares.set(share, held + 1)
      running++
      if (!known) unverified++
      return true
    },
    leave(known, share) {
      const shares = known ? verifiedShares : unverifiedShares
      const held = shares.get(share)!
      if (held === 1) shares.delete(share)
      else shares.set(share, held - 1)
      running--
      if (!known) unverified--
    },
  }
}
