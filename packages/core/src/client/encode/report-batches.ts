/** Splits transactions into calls that the backend accepts. */

import type { Transaction } from '../../domain/transaction.ts'
import { kindOf } from '../../validation/checks.ts'
import { encodeTransaction } from './transaction.ts'

/** The most that one call may hold: 1,000 transactions by 3scale's documentation, 4,096 parameters by its parser. */
export const MAX_TRANSACTIONS = 1000
export const MAX_PARAMETERS = 4000

export interface ReportBatch {
  /** Undefined: the provider's default service. */
  readonly service: string | undefined
  readonly transactions: readonly Transaction[]
  /** The transactions as a form body, beginning with `&`. */
  readonly body: string
}

interface OpenBatch {
  readonly service: string | undefined
  readonly transactions: Transaction[]
  body: string
  parameters: number
}

/**
 * Fills batches by service, in the given order, and checks every transaction. A problem begins with the transaction's
 * index.
 *
 * @param defaultService the service of transactions that name none.
 * @param now UNIX time by which timestamps are judged; without it, they are not.
 */
export function batchesOf(
  transactions: Iterable<Transaction>,
  defaultService: string | undefined,
  problems: string[],
  now?: number,
): readonly ReportBatch[] {
  if (!isList(transactions)) {
    problems.push(`transactions must be a list such as [{ appId, usage }], not ${kindOf(transactions)}`)
    return []
  }
  const batches: OpenBatch[] = []
  const open = new Map<string | undefined, OpenBatch>()
  let index = 0
  for (const transaction of transactions) {
    const path = `transactions[${index++}]`
    const service = transaction?.service === undefined ? defaultService : transaction.service
    let batch = open.get(service)
    let encoded = encodeTransaction(transaction, batch?.transactions.length ?? 0, path, problems, now)
    if (encoded.parameters > MAX_PARAMETERS) problems.push(`${path} has more than ${MAX_PARAMETERS} parameters`)
    if (batch === undefined || !fits(batch, encoded.parameters)) {
      // Encoded again, because the text contains the index within the batch.
      if (batch !== undefined) encoded = encodeTransaction(transaction, 0, path, [])
      batch = { service, transactions: [], body: '', parameters: 0 }
      open.set(service, batch)
      batches.push(batch)
    }
    batch.transactions.push(transaction)
    batch.body += encoded.text
    batch.parameters += encoded.parameters
  }
  return batches
}

function fits(batch: OpenBatch, parameters: number): boolean {
  return batch.transactions.length < MAX_TRANSACTIONS && batch.parameters + parameters <= MAX_PARAMETERS
}

/** A text is iterable too, but its characters are no transactions. */
function isList(value: unknown): value is Iterable<Transaction> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<Iterable<Transaction>>)[Symbol.iterator] === 'function'
  )
}
