/** Shares the event loop: long work rests after each slice, so that requests are answered in between (law 17). */

/** How long work may hold the event loop at a time, in milliseconds of real time. */
const SLICE_MS = 5

export class Slice {
  #began = performance.now()

  /** Whether the slice is used up. */
  get over(): boolean {
    return performance.now() - this.#began >= SLICE_MS
  }

  /** Lets everything else run first. */
  async rest(): Promise<void> {
    await new Promise<void>((resolve) => void setImmediate(resolve))
    this.#began = performance.now()
  }
}
