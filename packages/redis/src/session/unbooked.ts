/** What the store does not have, or not surely, row by row. */
import type { StoredRow } from '@threescale/core'
import type { Booking } from './owed.ts'

/**
 * The rows of bookings, one for each application, minute and metric. Usage that is only moved from 'held' to reported
 * is in the store already, so both cancel out.
 */
export function unbookedRows(bookings: Iterable<Booking>): StoredRow[] {
  const rows = new Map<string, StoredRow>()
  for (const { application, shape, n } of bookings) {
    const { kind, print } = shape
    const told = kind.startsWith('reported.') ? Number(kind.slice('reported.'.length)) : undefined
    for (const [i, metric] of print.metrics.entries()) {
      const key = JSON.stringify([application.id, print.minute, metric])
      const before = rows.get(key)
      const amount = (before?.amount ?? 0) + n * print.amounts[i]!
      rows.set(key, { application: application.id, minute: print.minute, metric, code: told ?? before?.code, amount })
    }
  }
  return [...rows.values()].filter(({ amount }) => amount !== 0)
}
