/** The store's time: that of the last answer, and our own monotonic time since. Never backwards. */
import type { Clock } from '@threescale/core'

export class StoreTime {
  readonly #clock: Clock
  /** What to add to our elapsed time; undefined before the first answer. */
  #offset: number | undefined
  #reached = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Epoch milliseconds. */
  now(): number {
    return this.at(this.#clock.elapsed())
  }

  /** The same. @param elapsed our elapsed time, where it is read already. */
  at(elapsed: number): number {
    // Our own clock may be wrong, and must not hold the time up once the store has told it.
    if (this.#offset === undefined) return this.#clock.now()
    const now = elapsed + this.#offset
    if (now > this.#reached) this.#reached = now
    return this.#reached
  }

  /** The start of the present minute. */
  minute(): number {
    const now = this.now()
    return now - (now % 60_000)
  }

  /** An answer has told the time. */
  tell(time: number): void {
    this.#offset = time - this.#clock.elapsed()
    this.#reached = Math.max(this.#reached, time)
  }
}
