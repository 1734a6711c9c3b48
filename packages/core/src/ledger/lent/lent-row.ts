/** Usage that a store has lent to be reported: a row that knows of which rows of the store it consists. */
import type { ApplicationLedger } from '../application-ledger.ts'
import type { MetricTable } from '../plan/metric-table.ts'
import type { StoredRow } from '../store.ts'
import type { BatchRow } from '../usage/batch-row.ts'
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

/**
 * Rows of a store as transactions, one for each application, minute and status.
 *
 * @param stored no two of the same name.
 * @param ownerOf called once for each transaction.
 */
export function lentRows(
  stored: readonly StoredRow[],
  metrics: MetricTable,
  ownerOf: (application: string) => ApplicationLedger,
): BatchRow[] {
  const rows = new Map<string, { readonly application: ApplicationLedger; readonly row: LentRow }>()
  for (const one of stored) {
    const key = JSON.stringify([one.application, one.minute, one.code])
    let known = rows.get(key)
    if (known === undefined) {
      known = { application: ownerOf(one.application), row: new LentRow(one.minute, one.code) }
      rows.set(key, known)
    }
    known.row.lend(metrics.slotOf(one.metric), one)
  }
  return [...rows.values()]
}
