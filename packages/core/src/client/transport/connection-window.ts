/** How many connections may be open at once: grows while connections are answered, shrinks when some are starved. */

/** The pause before more connections are tried after trouble, in milliseconds; it doubles each time. */
const FIRST_PAUSE_MS = 500
const MAX_PAUSE_MS = 60_000

/**
 * Doubles, as a TCP connection does at its start: each step is taken only when as many new connections as the last step
 * opened have answered. After trouble it pauses, and then begins again with a step of one.
 */
export class ConnectionWindow {
  readonly #max: number
  #size: number
  #step: number
  /** Connections of the last step that must be answered before the next one. */
  #awaited: number
  #stepNumber = 0
  #answered = 0
  #pauseMs = 0
  #growsAt = Number.NEGATIVE_INFINITY

  /** @param first connections that may be opened before anything is known of the backend. */
  constructor(max: number, first: number) {
    this.#max = max
    this.#step = first
    this.#size = Math.min(first, max)
    this.#awaited = this.#size
  }

  get size(): number {
    return this.#size
  }

  /** Says which step a connection belongs to that is opened now. */
  get stepNumber(): number {
    return this.#stepNumber
  }

  /** A connection was answered for the first time. One that replaces another of an earlier step proves nothing. */
  answered(stepNumber: number): void {
    if (stepNumber === this.#stepNumber) this.#answered++
  }

  /**
   * Takes the next step if it is due. Call it only while calls wait and as many connections are open as may be.
   *
   * @param now elapsed milliseconds.
   */
  grow(now: number): boolean {
    if (this.#size >= this.#max || this.#answered < this.#awaited || now < this.#growsAt) return false
    // The last step went well, so the backend serves more connections than it did when there was trouble.
    if (this.#awaited > 0) this.#pauseMs = 0
    this.#awaited = Math.min(this.#step, this.#max - this.#size)
    this.#size += this.#awaited
    this.#answered = 0
    this.#stepNumber++
    this.#step *= 2
    return true
  }

  /**
   * Shrinks, and pauses before the next step.
   *
   * @param starved connections were starved beside others that were answered: the pause doubles each time, until a step
   *   goes well. A time-out alone may have another reason, so its pause stays short.
   */
  shrink(size: number, now: number, starved: boolean): void {
    this.#size = Math.max(1, Math.min(size, this.#size))
    this.#pauseMs = starved ? Math.min(2 * this.#pauseMs || FIRST_PAUSE_MS, MAX_PAUSE_MS) : FIRST_PAUSE_MS
    this.#growsAt = now + this.#pauseMs
    this.#step = 1
    this.#awaited = 0
    this.#answered = 0
    this.#stepNumber++
  }
}
