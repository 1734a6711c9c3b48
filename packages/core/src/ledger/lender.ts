/** The seam to a lender: what a ledger holds only to report it belongs to another, who is told what becomes of it. */
import type { JournalSettlement } from './journal.ts'

/** Whose usage a ledger holds. What is not delivered goes back to the lender, and never waits here again. */
export interface Lender {
  /** Told what becomes of a batch, as a journal is. 'undone': its usage goes back. 'waiting': it becomes two halves. */
  settle(batch: object, to: JournalSettlement): void
}
