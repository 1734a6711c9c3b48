/** Hands usage over to a store that was counted here because its application was not known. */
import { createUsageShape } from '../../domain/usage.ts'
import type { ApplicationLedger } from '../../ledger/application-ledger.ts'
import { leaveWaiting } from '../../ledger/usage/losses.ts'
import { namedUsage, type UsageRow } from '../../ledger/usage/usage-row.ts'
import { eachRow } from '../../ledger/usage/waiting-rows.ts'
import type { StoredService } from './stored-service.ts'

/** It counts in the present minute. Usage that awaits the status of its response goes without. */
export function handOver(stored: StoredService, application: ApplicationLedger): void {
  const { pending, ownTransactions, service } = application
  if (stored.closed || stored.reportsItself || (pending === undefined && ownTransactions === undefined)) return
  const book = (row: UsageRow) => {
    stored.book(application, createUsageShape(namedUsage([row], service.metrics)), row.ownTransaction?.code)
  }
  eachRow(pending, book)
  eachRow(ownTransactions, book)
  leaveWaiting(application)
}
