/** What the store does not have, or not surely, row by row. */
import type { StoredRow } from '@threescale/core'
import type { Booking } from './owed.ts'

/** Usage of one application, minute and metric. */
interface Unbooked {
  readonly row: Omit<StoredRow, 'code' | 'amount'>
  /** Without a status. Below 0: so much of what has a status is in the store, where it was held. */
  plain: number
  /** By the status of the response. */
  readonly codes: Map<number, number>
}

/**
 * The rows of bookings, one for each application, minute, metric and status. Usage that is only moved from 'held' to
 * reported is in the store already, so both cancel out.
 */
export function unbookedRows(bookings: Iterable<Booking>): StoredRow[] {
  const all = new Map<string, Unbooked>()
  for (const { application, shape, n } of bookings) {
    const { kind, print } = shape
    const code = kind.startsWith('reported.') ? Number(kind.slice('reported.'.length)) : undefined
    for (const [i, metric] of print.metrics.entries()) {
      const key = JSON.stringify([application.id, print.minute, metric])
      const row = { application: application.id, minute: print.minute, metric }
      const unbooked: Unbooked = all.get(key) ?? { row, plain: 0, codes: new Map() }
      all.set(key, unbooked)
      const amount = n * print.amounts[i]!
      if (code === undefined) unbooked.plain += amount
      else unbooked.codes.set(code, (unbooked.codes.get(code) ?? 0) + amount)
    }
  }
  return [...all.values()].flatMap(rowsOf)
}

function rowsOf({ row, plain, codes }: Unbooked): StoredRow[] {
  let inStore = Math.max(0, -plain)
  const rows: StoredRow[] = []
  for (const [code, amount] of codes) {
    const cancelled = Math.min(inStore, amount)
    inStore -= cancelled
    rows.push({ ...row, code, amount: amount - cancelled })
  }
  rows.push({ ...row, code: undefined, amount: plain < 0 ? -inStore : plain })
  return rows.filter(({ amount }) => amount !== 0)
}
