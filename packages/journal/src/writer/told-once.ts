/** Tells each thing about a path once, until it is over. */
import type { JournalMessage } from '@threescale/core'

// A bound, because paths come from the directory.
const MAX_TOLD = 1000

export class ToldOnce {
  readonly #tell: (message: JournalMessage) => void
  readonly #told = new Set<string>()

  constructor(tell: (message: JournalMessage) => void) {
    this.#tell = tell
  }

  tell(event: JournalMessage['event'], path: string, facts: Partial<JournalMessage> = {}): void {
    const key = `${event} ${path}`
    if (this.#told.has(key) || this.#told.size >= MAX_TOLD) return
    this.#told.add(key)
    this.#tell({ code: undefined, bytes: undefined, records: undefined, ...facts, event, path })
  }

  /** Writing works again, so its next failure is told anew. */
  works(path: string): void {
    this.#told.clear()
    this.tell('working', path)
    this.#told.clear()
  }
}
