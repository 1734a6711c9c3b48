/** Asks the backend about batches that got no answer, and applies the option `ambiguous` where no answer can tell. */
import { canTell } from '../ledger/answers/judge-unanswered.ts'
import type { ApplicationLedger } from '../ledger/application-ledger.ts'
import type { Batch, UnansweredUsage } from '../ledger/usage/batch.ts'
import type { OpenBatches } from '../ledger/usage/open-batches.ts'
import type { Clock } from '../primitives/clock.ts'
import { Slice } from '../primitives/slice.ts'

// Ends the questions about a batch when no answer comes, because the application was deleted, for example.
const MAX_QUESTIONS = 10
// A batch is counted whole or not at all, so the answer about one limited application is enough. A few are asked about,
// in case no caller is known of the first.
const MAX_APPLICATIONS_ASKED = 4

export interface UnansweredBatchesOptions {
  readonly batches: OpenBatches
  readonly clock: Clock
  /** Longest the backend may take to count a report, in milliseconds. */
  readonly settleMs: number
  readonly ambiguous: UnansweredUsage
  /** How long to wait between two questions about the same batch, in milliseconds. */
  readonly graceMs: number
  /** Asks the backend about an application and applies the answer. Resolves also when no answer came. */
  readonly prove: (application: ApplicationLedger) => Promise<unknown>
}

export class UnansweredBatches {
  readonly #options: UnansweredBatchesOptions
  /** How often the backend was asked about each, and when last. */
  readonly #asked = new WeakMap<Batch, { times: number; at: number }>()

  constructor(options: UnansweredBatchesOptions) {
    this.#options = options
  }

  /** When the next batch is due, by elapsed time; Infinity when there is none. */
  get dueAt(): number {
    let due = Number.POSITIVE_INFINITY
    for (const batch of this.#options.batches.unanswered()) due = Math.min(due, this.#dueAt(batch))
    return due
  }

  /**
   * Asks about the batches that are due, and gives up or takes back those about which no answer can tell.
   *
   * @param slice what the flush has used of its turn.
   */
  async resolve(slice: Slice = new Slice()): Promise<void> {
    const { clock, ambiguous, batches } = this.#options
    for (const batch of [...batches.unanswered()]) {
      if (slice.over) await slice.rest()
      // An answer may have judged it during a rest or a question.
      if (batch.state !== 'ambiguous' || clock.elapsed() < this.#dueAt(batch)) continue
      // Nobody is known who could be asked about an application that has vanished.
      const limited = [...batch.applications].filter((one) => !one.vanished && canTell(one, batch))
      if (limited.length > 0 && !batch.undecidable && this.#mayAsk(batch)) await this.#ask(batch, limited)
      else if (ambiguous === 'give-up') batch.giveUp('ambiguous', true)
      else batch.takeBack(true)
    }
  }

  #dueAt(batch: Batch): number {
    const { settleMs, graceMs } = this.#options
    const asked = this.#asked.get(batch)
    return asked === undefined ? batch.since + settleMs : asked.at + graceMs
  }

  #mayAsk(batch: Batch): boolean {
    const asked = this.#asked.get(batch) ?? { times: 0, at: 0 }
    asked.times += 1
    asked.at = this.#options.clock.elapsed()
    this.#asked.set(batch, asked)
    return asked.times <= MAX_QUESTIONS
  }

  async #ask(batch: Batch, limited: readonly ApplicationLedger[]): Promise<void> {
    // The witness first, as its answer is the one that will tell.
    const asked = [...limited].sort((a, b) => Number(b.id === batch.witness) - Number(a.id === batch.witness))
    for (const application of asked.slice(0, MAX_APPLICATIONS_ASKED)) {
      if (batch.state !== 'ambiguous') return
      await this.#options.prove(application)
    }
    if (batch.state === 'ambiguous' && batch.hidden) appointWitness(batch, limited)
  }
}

/** Its reports pause. Once all earlier ones are settled, nothing hides what the backend's count lacks. */
function appointWitness(batch: Batch, limited: readonly ApplicationLedger[]): void {
  batch.hidden = false
  batch.witness ??= limited[0]!.id
}
