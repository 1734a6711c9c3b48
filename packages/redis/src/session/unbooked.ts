/** What the store does not have, or not surely, row by row. */
import type { StoredRow } from '@threescale/core'
import type { Booking } from './owed.ts'

/** The rows of bookings. */
export function unbookedRows(bookings: Iterable<Booking>): StoredRow[] {
  const rows: StoredRow[] = []
  for (const { application, shape, n } of bookings) {
    const { kind, print } = shape
    // What is held was booked when it was admitted. Only its status is lost.
    if (kind === 'released') continue
    const code = kind.startsWith('reported.') ? Number(kind.slice('reported.'.length)) : undefined
    print.metrics.forEach((metric, i) => {
      rows.push({ application: application.id, minute: print.minute, metric, code, amount: n * print.amounts[i]! })
    })
  }
  return rows
}
