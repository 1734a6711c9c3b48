/** Usage of one application that waits to be reported, by minute and metric. */

/** Amounts by metric name. */
export type Usage = Map<string, number>

/** Usage of one application in one minute. */
export interface Row {
  /** Minutes since the epoch. */
  readonly minute: number
  /** Sent before without an answer: the backend may count it twice. */
  readonly resent: boolean
  readonly usage: Usage
}

const MINUTES_OF_HOUR = 60

export class WaitingUsage {
  /** Rows by minute and by whether they are sent again. */
  readonly #rows = new Map<number, Row>()

  get rows(): Iterable<Row> {
    return this.#rows.values()
  }

  get size(): number {
    return this.#rows.size
  }

  clear(): void {
    this.#rows.clear()
  }

  add({ minute, resent, usage }: Row): void {
    let row = this.#rows.get(keyOf(minute, resent))
    if (row === undefined) {
      row = { minute, resent, usage: new Map() }
      this.#rows.set(keyOf(minute, resent), row)
    }
    for (const [metric, amount] of usage) addUp(row.usage, metric, amount)
  }

  /**
   * Takes usage out. The ledger merges old minutes of an hour without a record. So what the minute itself does not hold
   * comes from its hour, and then from the oldest minutes.
   *
   * @returns what was there. Where records are missing, that is less, so that no usage is made up.
   */
  remove({ minute, resent, usage }: Row): Row {
    const taken: Usage = new Map()
    for (const [metric, amount] of usage) {
      let rest = this.#takeFrom(this.#rows.get(keyOf(minute, resent)), metric, amount)
      if (rest > 0) for (const row of this.#nearest(minute)) rest = this.#takeFrom(row, metric, rest)
      if (amount > rest) taken.set(metric, amount - rest)
    }
    return { minute, resent, usage: taken }
  }

  /** The rows of the same hour, then the oldest. */
  #nearest(minute: number): Row[] {
    const hour = Math.floor(minute / MINUTES_OF_HOUR)
    const distance = (row: Row) => (Math.floor(row.minute / MINUTES_OF_HOUR) === hour ? 0 : 1)
    return [...this.#rows.values()].sort((one, other) => distance(one) - distance(other) || one.minute - other.minute)
  }

  /** @returns what the row did not hold. */
  #takeFrom(row: Row | undefined, metric: string, amount: number): number {
    const held = row?.usage.get(metric)
    if (row === undefined || held === undefined) return amount
    if (held > amount) {
      row.usage.set(metric, held - amount)
      return 0
    }
    row.usage.delete(metric)
    if (row.usage.size === 0) this.#rows.delete(keyOf(row.minute, row.resent))
    return amount - held
  }
}

function keyOf(minute: number, resent: boolean): number {
  return 2 * minute + (resent ? 1 : 0)
}

function addUp(usage: Usage, metric: string, amount: number): void {
  // A larger sum would be refused by the backend; files that are whole hold none.
  usage.set(metric, Math.min((usage.get(metric) ?? 0) + amount, Number.MAX_SAFE_INTEGER))
}
