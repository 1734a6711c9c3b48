/** The batches of a gateway whose fate is open: queued by the backend and not proved, or without an answer. */
import type { Batch } from './batch.ts'

// 10,000 applications that report every ten seconds for a `settleMs` of a minute, and some more.
const MAX_ROWS = 100_000

export class OpenBatches {
  /** Those that may have been counted or not. The reader removes what it has settled. */
  readonly unanswered: Set<Batch> = new Set()
  /** Acknowledged, the oldest first. */
  readonly #acknowledged = new Map<Batch, number>()
  #rows = 0

  add(batch: Batch): void {
    if (batch.state === 'ambiguous') this.unanswered.add(batch)
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
