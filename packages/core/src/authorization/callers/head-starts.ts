/** Spreads the first refreshes of callers that arrive together over the time to live of their answers. */

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2

/**
 * Callers that all came at once would all be refreshed at once, again and again. So the first refresh of each comes
 * earlier, by a share of the ttl that lies in the widest gap between those of the callers before.
 */
export class HeadStarts {
  readonly #ttlMs: number
  #given = 0

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs
  }

  /** By how many milliseconds the next new caller's first refresh comes before the ttl is over. */
  next(): number {
    return Math.floor(this.#ttlMs * ((this.#given++ * GOLDEN_RATIO) % 1))
  }
}
