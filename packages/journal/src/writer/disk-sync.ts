/** Asks the disk to keep what was written: one call at a time, for everything that was written meanwhile. */
import type { Segment } from './segment.ts'

export class DiskSync {
  readonly #onFailure: (error: unknown) => void
  /** Files with writes that no call has covered yet. */
  readonly #dirty = new Set<Segment>()
  #running = false

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure
  }

  wrote(segment: Segment): void {
    this.#dirty.add(segment)
    if (!this.#running) void this.#run()
  }

  async #run(): Promise<void> {
    this.#running = true
    for (const segment of this.#dirty) {
      this.#dirty.delete(segment)
      try {
        await segment.sync()
      } catch (error) {
        this.#onFailure(error)
      }
    }
    this.#running = false
  }
}
