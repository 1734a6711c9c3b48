/** Tells the streams of events that the state, the clock or the faults were changed. */

/** What was changed; the control API has a resource of the same name. */
export type Change = 'state' | 'clock' | 'faults'

/** The listeners of one emulator. */
export class Changes {
  readonly #listeners = new Set<(change: Change) => void>()

  /** Calls `listener` for each change from now on; the result unsubscribes it. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells all listeners. */
  tell(change: Change): void {
    for (const listener of this.#listeners) listener(change)
  }
}
