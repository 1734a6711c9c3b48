/** Shares the event loop: long work rests after each slice, so that requests are answered in between (law 17). */

/** How long work may hold the event loop at a time, in milliseconds of real time. */
const SLICE_MS = 3

export class Slice {
  #began = performance.now()
  /** Those that rest, in the order in which they go on. */
  readonly #resting: (() => void)[]

  /** @param other work that may be under way at the same time. The two rest until different turns of the event loop. */
  constructor(other?: Slice) {
    this.#resting = other === undefined ? [] : other.#resting
  }

  /** Whether the slice is used up. */
  get over(): boolean {
    return performance.now() - this.#began >= SLICE_MS
  }

  /** Lets everything else run first. */
  async rest(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#resting.push(resolve) === 1) this.#plan()
    })
    this.#began = performance.now()
  }

  #plan(): void {
    setImmediate(() => {
      this.#resting.shift()!()
      if (this.#resting.length > 0) this.#plan()
    })
  }
}
