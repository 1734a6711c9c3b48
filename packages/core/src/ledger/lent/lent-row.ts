/** Usage that a store has lent to be reported: a row that knows of which rows of the store it consists. */
import type { StoredRow } from '../store.ts'
import { UsageRow } from '../usage/usage-row.ts'

/** Always a transaction of its own, because rows that are added up could not be given back one by one. */
export class LentRow extends UsageRow {
  /** By the slot of the metric. */
  readonly #stored = new Map<number, StoredRow>()

  constructor(minute: number, code: number | undefined) {
    super(minute)
    this.release(code)
  }

  /** The rows of the store that it consists of. */
  get stored(): Iterable<StoredRow> {
    return this.#stored.values()
  }

  /** Adds a row of the store. Its metric must not be in it yet. */
  lend(slot: number, stored: StoredRow): void {
    this.add(slot, stored.amount)
    this.#stored.set(slot, stored)
  }

  override takeOut(slot: number): LentRow | undefined {
    const stored = this.#stored.get(slot)
    const taken = super.takeOut(slot)
    if (taken === undefined || stored === undefined) return undefined
    this.#stored.delete(slot)
    const part = new LentRow(this.minute, taken.ownTransaction?.code)
    part.lend(slot, stored)
    return part
  }
}
