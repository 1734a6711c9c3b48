/** The lists of rows that wait in an application to be sent. */
import type { ApplicationLedger } from '../application-ledger.ts'
import type { UsageRow } from './usage-row.ts'

/** Visits one of the lists. */
export function eachRow(first: UsageRow | undefined, visit: (row: UsageRow) => void): void {
  for (let row = first; row !== undefined; row = row.next) visit(row)
}

/** The earliest minute of usage that waits, epoch milliseconds by its service's time; Infinity if none does. */
export function earliestMinute(applications: Iterable<ApplicationLedger>): number {
  let earliest = Number.POSITIVE_INFINITY
  const visit = ({ minute }: UsageRow) => {
    if (minute < earliest) earliest = minute
  }
  for (const { pending, ownTransactions } of applications) {
    eachRow(pending, visit)
    eachRow(ownTransactions, visit)
  }
  return earliest
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
