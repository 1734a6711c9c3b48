/** Batches that were sent and got no answer: asks the ledger to find out, and decides when nobody can tell. */

import { canTell } from '../ledger/answers/judge-unanswered.ts'
import type { ApplicationLedger } from '../ledger/application-ledger.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Batch } from '../ledger/usage/batch.ts'
import type { Clock } from '../primitives/clock.ts'

// When no answer comes at all, an application that was deleted, say.
const MAX_ASKED = 10
// Batches are all or nothing, so that one limited application tells for all; a few, in case one has no caller any more.
const ASKED = 4

export interface UnansweredBatchesOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly ambiguous: 'give-up' | 'count-again'
  /** How long to wait between two questions about the same batch. */
  readonly graceMs: number
}

export class UnansweredBatches {
  readonly #options: UnansweredBatchesOptions
  readonly #batches = new Set<Batch>()
  /** How often each was asked about, and when last. */
  readonly #asked = new WeakMap<Batch, { times: number; at: number }>()

  constructor(options: UnansweredBatchesOptions) {
    this.#options = options
  }

  add(batch: Batch): void {
    this.#batches.add(batch)
  }

  /** When there is something to do next, by elapsed time; Infinity: nothing. */
  get dueAt(): number {
    let due = Number.POSITIVE_INFINITY
    for (const batch of this.#batches) due = Math.min(due, this.#dueAt(batch))
    return due
  }

  /** Asks about what is due and decides what nobody can tell. */
  async resolve(): Promise<void> {
    const { clock, ambiguous } = this.#options
    for (const batch of [...this.#batches]) {
      if (batch.state === 'ambiguous') {
        if (clock.elapsed() < this.#dueAt(batch)) continue
        const witnesses = [...batch.applications].filter((application) => canTell(application, batch))
        if (witnesses.length > 0 && !batch.undecidable && this.#mayAsk(batch)) {
          await this.#ask(batch, witnesses)
          continue
        }
        if (ambiguous === 'give-up') batch.giveUp('ambiguous', true)
        else batch.takeBack(true)
      }
      this.#batches.delete(batch)
    }
  }

  #dueAt(batch: Batch): number {
    const { ledger, graceMs } = this.#options
    const asked = this.#asked.get(batch)
    return asked === undefined ? batch.since + ledger.settleMs : asked.at + graceMs
  }

  #mayAsk(batch: Batch): boolean {
    const asked = this.#asked.get(batch) ?? { times: 0, at: 0 }
    asked.times += 1
    asked.at = this.#options.clock.elapsed()
    this.#asked.set(batch, asked)
    return asked.times <= MAX_ASKED
  }

  async #ask(batch: Batch, witnesses: readonly ApplicationLedger[]): Promise<void> {
    for (const application of witnesses.slice(0, ASKED)) {
      if (batch.state !== 'ambiguous') return
      await this.#options.ledger.asker?.(application)
    }
  }
}
