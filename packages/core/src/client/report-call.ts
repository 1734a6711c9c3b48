/** What can be said with a report besides its transactions. */
import type { Transaction } from '../domain/transaction.ts'

export interface ReportCall {
  /** The service of transactions that name none. */
  readonly service?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** Transactions of one service that fit into one call; the client does not split them. */
export interface UnsplitBatch {
  readonly service: string | undefined
  readonly transactions: readonly Transaction[]
}
