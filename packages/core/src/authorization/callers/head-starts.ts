/** Spreads the first refreshes of callers that arrive together over the time to live of their answers. */

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2

/**
 * Callers that arrive together would be refreshed together, again and again. So the first refresh of each comes
 * earlier, by a share of the ttl. Each share lies in the widest gap between the shares given before.
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
