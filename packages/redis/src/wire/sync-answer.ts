/** Reads the answer of sync, number by number. */

/** What the beginning of an answer says; see the script. */
export interface SyncHead {
  readonly time: number
  readonly prev: number
  readonly epoch: number
  readonly report: boolean
  /** Usage waits or is on its way. */
  readonly unreported: boolean
  readonly processes: number
  readonly mark: number
}

export class SyncAnswer {
  readonly head: SyncHead
  readonly #values: readonly unknown[]
  #at = 6

  /** @throws TypeError if it is none, as from a client that changes answers. */
  constructor(answer: unknown) {
    if (!Array.isArray(answer) || answer.length < 6) throw new TypeError('Redis gave an answer that is no list')
    this.#values = answer
    const [time, prev, epoch, report, processes, mark] = answer.slice(0, 6).map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    if (!Number.isSafeInteger(time)) throw new TypeError('Redis gave an answer without a time')
    this.head = { time, prev, epoch, report: report === 1, unreported: report !== 0, processes, mark }
  }

  get done(): boolean {
    return this.#at >= this.#values.length
  }

  number(): number {
    return Number(this.#values[this.#at++])
  }

  text(): string {
    return String(this.#values[this.#at++])
  }
}
