/** The lists of rows that wait in an application to be sent. */
import type { ApplicationLedger } from '../application-ledger.ts'
import type { UsageRow } from './usage-row.ts'

/** Visits one of the lists. */
export function eachRow(first: UsageRow | undefined, visit: (row: UsageRow) => void): void {
  for (let row = first; row !== undefined; row = row.next) visit(row)
}

/** Takes all rows out of both lists. */
export function takeWaiting(application: ApplicationLedger): UsageRow[] {
  const rows: UsageRow[] = []
  eachRow(application.pending, (row) => rows.push(row))
  eachRow(application.ownTransactions, (row) => rows.push(row))
  application.pending = undefined
  application.ownTransactions = undefined
  for (const row of rows) row.next = undefined
  return rows
}
