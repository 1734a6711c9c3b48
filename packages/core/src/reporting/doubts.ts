/** Batches that were sent and got no answer: asks the ledger to find out, and decides when nobody can tell. */
import type { Clock } from '../clock.ts'
import type { Application } from '../ledger/application.ts'
import type { Batch } from '../ledger/batch.ts'
import type { Ledger } from '../ledger/ledger.ts'

// Batches are all or nothing, so that one limited application tells for all; a few, in case one has no caller any more.
const ASKED = 4

export interface DoubtsOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly ambiguous: 'give-up' | 'count-again'
  /** How long after `settleMs` the applications' own refreshes may still tell. */
  readonly graceMs: number
}

export class Doubts {
  readonly #options: DoubtsOptions
  readonly #batches = new Set<Batch>()
  readonly #asked = new WeakSet<Batch>()

  constructor(options: DoubtsOptions) {
    this.#options = options
  }

  add(batch: Batch): void {
    this.#batches.add(batch)
  }

  /** When there is something to do next, by our clock; Infinity: nothing. */
  get dueAt(): number {
    const { ledger, graceMs } = this.#options
    let due = Number.POSITIVE_INFINITY
    for (const batch of this.#batches) {
      const settled = batch.since + ledger.settleMs
      due = Math.min(due, this.#asked.has(batch) ? settled + graceMs : settled)
    }
    return due
  }

  /** Asks about what is due and decides what stayed open. */
  async resolve(): Promise<void> {
    const { ledger, clock, ambiguous, graceMs } = this.#options
    for (const batch of [...this.#batches]) {
      const settled = batch.since + ledger.settleMs
      if (batch.state === 'ambiguous' && clock.now() >= settled && !this.#asked.has(batch)) {
        this.#asked.add(batch)
        await this.#ask(batch)
      }
      if (batch.state !== 'ambiguous') {
        this.#batches.delete(batch)
        continue
      }
      const open = limitedApplications(batch).length > 0 ? settled + graceMs : settled
      if (clock.now() < open) continue
      this.#batches.delete(batch)
      if (ambiguous === 'give-up') batch.giveUp(clock.now(), 'ambiguous', true)
      else batch.takeBack(clock.now(), true)
    }
  }

  async #ask(batch: Batch): Promise<void> {
    for (const application of limitedApplications(batch).slice(0, ASKED)) {
      if (batch.state !== 'ambiguous') return
      await this.#options.ledger.asker?.(application)
    }
  }
}

function limitedApplications(batch: Batch): Application[] {
  return [...batch.applications].filter(({ layout }) => layout.limits.length > 0)
}
