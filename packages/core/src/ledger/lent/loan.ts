/** A batch of the store in this process's hands. */
import type { StoredBatch, StoredRow } from '../store.ts'

export interface Loan {
  readonly batch: StoredBatch
  /** Those that have not become a batch of their own. */
  readonly rows: Set<StoredRow>
  /** Whether the store knows that a byte of it may reach the backend. */
  inFlight: boolean
  /** It is carried by a report of exactly its rows. */
  carried: boolean
  /** Those that go back, although they wait no more. */
  readonly back: Set<StoredRow>
}

export function createLoan(batch: StoredBatch, rows: Iterable<StoredRow>, inFlight: boolean): Loan {
  return { batch, rows: new Set(rows), inFlight, carried: false, back: new Set() }
}

/** The rows of a batch, each name once: usage that was held and usage that was not may make two of one name. */
export function uniqueRows(rows: readonly StoredRow[]): StoredRow[] {
  const unique = new Map<string, StoredRow>()
  for (const row of rows) {
    const { application, minute, metric, code } = row
    const name = JSON.stringify([application, minute, metric, code])
    const same = unique.get(name)
    unique.set(name, same === undefined ? row : { ...row, amount: same.amount + row.amount })
  }
  return [...unique.values()]
}
