/** The batches of a gateway whose fate is open: under way, without an answer, or queued by the backend and not proved. */
import type { Batch } from './batch.ts'

// 10,000 applications that report every ten seconds for a `settleMs` of a minute, and some more.
const MAX_ROWS = 100_000

export class OpenBatches {
  readonly #open = new Set<Batch>()
  /** Acknowledged, the oldest first. */
  readonly #acknowledged = new Map<Batch, number>()
  #rows = 0

  /** In flight or ambiguous, the oldest first. */
  get open(): ReadonlySet<Batch> {
    return this.#open
  }

  /** Those that may have been counted or not. */
  *unanswered(): Generator<Batch> {
    for (const batch of this.#open) if (batch.state === 'ambiguous') yield batch
  }

  /** To be called for a new batch, and after each change of its state. */
  note(batch: Batch): void {
    if (batch.state === 'inFlight' || batch.state === 'ambiguous') this.#open.add(batch)
    else this.#open.delete(batch)
    if (!batch.awaitsProof) return
    this.#acknowledged.set(batch, batch.rows.length)
    this.#rows += batch.rows.length
    for (const oldest of this.acknowledged()) {
      if (this.#rows <= MAX_ROWS) break
      // A bound of memory (law 10): only a backend that answers no question holds so many.
      oldest.release()
      this.#remove(oldest)
    }
  }

  /** The acknowledged batches that await proof, the oldest first. */
  *acknowledged(): Generator<Batch> {
    for (const batch of this.#acknowledged.keys()) {
      if (batch.awaitsProof) yield batch
      else this.#remove(batch)
    }
  }

  #remove(batch: Batch): void {
    this.#rows -= this.#acknowledged.get(batch) ?? 0
    this.#acknowledged.delete(batch)
  }
}
