/** A batch as the transactions of a report call. */
import type { Transaction } from '../domain/transaction.ts'
import type { Batch } from '../ledger/usage/batch.ts'
import { namedUsage } from '../ledger/usage/usage-row.ts'

/** Names applications by id, never by user key: one revoked key would sink the batch. */
export function transactionsOf({ rows, service }: Batch): Transaction[] {
  return rows.map(({ application, row }) => ({
    appId: application.id!,
    usage: namedUsage([row], service.metrics),
    timestampSeconds: row.minute / 1000,
    log: row.ownTransaction?.code === undefined ? undefined : { code: row.ownTransaction.code },
  }))
}
