/**
 * Asks about what acknowledged batches carried, until answers prove that the backend had no reason to drop them. Most
 * proof comes from refreshes, so a question is made only for applications without requests.
 */
import type { ApplicationLedger } from '../ledger/application-ledger.ts'
import type { Batch } from '../ledger/usage/batch.ts'
import type { OpenBatches } from '../ledger/usage/open-batches.ts'
import type { Clock } from '../primitives/clock.ts'
import type { Slice } from '../primitives/slice.ts'
import { askEach } from './ask-each.ts'

// An application about which the answers say nothing: its caller was forgotten, for example.
const MAX_ROUNDS = 3

export interface AcknowledgedBatchesOptions {
  readonly clock: Clock
  readonly batches: OpenBatches
  /** Longest the backend may take to count a report, in milliseconds. */
  readonly settleMs: number
  /** How long refreshes have to prove a batch, and the pause between two rounds of questions, in milliseconds. */
  readonly graceMs: number
  /** Asks the backend about an application and applies the answer. False when no answer came. */
  readonly prove: (application: ApplicationLedger) => Promise<boolean>
}

export class AcknowledgedBatches {
  readonly #options: AcknowledgedBatchesOptions
  /** How often each was asked about in vain, and when last. */
  readonly #asked = new WeakMap<Batch, { rounds: number; at: number }>()
  #proving = false
  /** When questions may be sent again after one that got no answer, by elapsed time. */
  #mayAskAt = Number.NEGATIVE_INFINITY

  constructor(options: AcknowledgedBatchesOptions) {
    this.#options = options
  }

  /** When the next batch is due, by elapsed time; Infinity when there is none, and while questions are under way. */
  get dueAt(): number {
    let due = Number.POSITIVE_INFINITY
    if (this.#proving) return due
    for (const batch of this.#options.batches.acknowledged()) due = Math.min(due, this.#dueAt(batch))
    return Math.max(due, this.#mayAskAt)
  }

  /** Asks about all batches that are due. Never rejects. */
  async prove(): Promise<void> {
    const { batches, clock, graceMs } = this.#options
    if (this.#proving || clock.elapsed() < this.#mayAskAt) return
    this.#proving = true
    for (const batch of [...batches.acknowledged()]) {
      if (clock.elapsed() < this.#dueAt(batch) || !batch.awaitsProof) continue
      if (await this.#prove(batch)) continue
      this.#mayAskAt = clock.elapsed() + graceMs
      break
    }
    this.#proving = false
  }

  /**
   * No question will follow: what was sent for an application that has vanished may be lost.
   *
   * @param slice what the work has used of its turn.
   */
  async doubtVanished(slice: Slice): Promise<void> {
    for (const batch of [...this.#options.batches.acknowledged()]) {
      if (batch.awaitsProof && hasVanished(batch)) doubtVanished(batch)
      if (slice.over) await slice.rest()
    }
  }

  #dueAt(batch: Batch): number {
    const { settleMs, graceMs } = this.#options
    return (this.#asked.get(batch)?.at ?? batch.since + settleMs) + graceMs
  }

  /** @returns false when the backend does not answer. */
  async #prove(batch: Batch): Promise<boolean> {
    const asked = this.#asked.get(batch) ?? { rounds: 0, at: 0 }
    asked.at = this.#options.clock.elapsed()
    this.#asked.set(batch, asked)
    let answered = true
    await askEach([...batch.unconfirmed()], async (application) => {
      // Another question may have told meanwhile.
      if (!batch.awaitsProof) return false
      answered &&= await this.#options.prove(application)
      return answered
    })
    batch.checkProof()
    if (!batch.awaitsProof || !answered) return answered
    asked.rounds += 1
    if (hasVanished(batch)) doubtVanished(batch)
    else if (asked.rounds >= MAX_ROUNDS) batch.release()
    return true
  }
}

function hasVanished(batch: Batch): boolean {
  return [...batch.unconfirmed()].some(({ vanished }) => vanished)
}

/**
 * A vanished application's usage is sent alone, and no answer will ever prove it. So it is sent again once at most, or
 * one that only has another user key would be billed without end.
 */
function doubtVanished(batch: Batch): void {
  batch.doubt({ kind: 'unknown' })
  if (batch.rows.every(({ application, row }) => application.vanished && row.resent)) batch.giveUp('ambiguous', true)
}
