/**
 * The usage that this process holds only to report it for all, in a ledger of its own. Each batch of that ledger is one
 * of the store, which is told what becomes of it. What is not delivered goes back.
 */
import { createUsageShape } from '../../domain/usage.ts'
import type { JournalSettlement } from '../journal.ts'
import { createLedger, type Ledger, type LedgerOptions } from '../ledger.ts'
import type { Lender } from '../lender.ts'
import { addAmount } from '../plan/metric-table.ts'
import type { ServiceLedger } from '../service-ledger.ts'
import type { BatchState, ServiceStore, StoredBatch, StoredRow } from '../store.ts'
import { Batch } from '../usage/batch.ts'
import type { BatchRow } from '../usage/batch-row.ts'
import { leaveWaiting } from '../usage/losses.ts'
import { namedUsage, type UsageRow } from '../usage/usage-row.ts'
import { eachRow } from '../usage/waiting-rows.ts'
import { LentApplications } from './lent-applications.ts'
import { type LentRow, lentRows } from './lent-row.ts'
import { createLoan, type Loan, uniqueRows } from './loan.ts'

export interface LentUsageOptions extends Pick<LedgerOptions, 'clock' | 'settleMs' | 'observer' | 'onWaiting'> {
  readonly store: ServiceStore
  /** Service id; undefined: a provider's default service. */
  readonly id: string | undefined
  /** The metrics with limits of an application, as far as this process knows: an answer that proves it proves them. */
  readonly limitedMetrics: (application: string) => readonly string[]
}

export class LentUsage implements Lender {
  readonly ledger: Ledger
  /** Its applications are all without room, so each is forgotten once its usage is settled. */
  readonly service: ServiceLedger
  /** By metric: what has gone back since usage was last taken over. */
  returned: Record<string, number> = Object.create(null)
  readonly #store: ServiceStore
  readonly #applications: LentApplications
  readonly #loans = new Map<StoredRow, Loan>()
  readonly #carriers = new WeakMap<Batch, Loan>()
  readonly #telling = new Set<Promise<unknown>>()
  /** Batches that are another process's now. */
  readonly #handedOn = new WeakSet<Batch>()
  #ended = false

  constructor({ store, id, limitedMetrics, ...options }: LentUsageOptions) {
    this.ledger = createLedger({ ...options, maxApplications: 1, lender: this })
    this.service = this.ledger.service(id)
    this.#store = store
    const elapsedAt = (time: number) => this.ledger.clock.elapsed() - (store.time() - time)
    this.#applications = new LentApplications(this.service, limitedMetrics, elapsedAt)
  }

  /** Takes over a batch of the store; its usage waits until the next report. */
  put(batch: StoredBatch): void {
    this.returned = Object.create(null)
    const { rows, loan } = this.#takeOver(batch)
    for (const { application, row } of rows) application.wait(row)
    this.ledger.recordsAdded(loan.rows.size)
  }

  /** Takes over a batch that a process had on its way when it died: no answer says whether it was counted. */
  adopt(stored: StoredBatch): void {
    const { rows, loan } = this.#takeOver(stored)
    const batch = new Batch(this.service, rows, 'recovered')
    loan.carried = true
    this.#carriers.set(batch, loan)
    batch.leaveUnanswered()
  }

  /** Whether a batch may be sent: the store knows from now on that it is in flight. Never rejects. */
  async permit(batch: Batch): Promise<boolean> {
    const loan = this.#ended ? undefined : await this.#loanFor(batch)
    if (loan === undefined || this.#ended || !(await this.#store.settle(loan.batch, 'flight'))) return false
    loan.inFlight = true
    // Given up meanwhile: nobody else tells the store.
    if (batch.state !== 'inFlight') this.#end(loan, 'back')
    else {
      loan.carried = true
      this.#carriers.set(batch, loan)
    }
    return true
  }

  settle(batch: Batch, to: JournalSettlement): void {
    const loan = this.#carriers.get(batch)
    if (to === 'undone' && !this.#handedOn.has(batch)) this.#giveBack(batch, loan)
    if (loan === undefined) return
    switch (to) {
      case 'waiting':
        loan.carried = false
        this.#carriers.delete(batch)
        break
      case 'acknowledged':
        this.#end(loan, 'acked', batch)
        break
      case 'ambiguous':
        loan.inFlight = false
        this.#tellAmbiguous(loan, batch)
        break
      case 'given-up':
        this.#end(loan, 'gone', batch)
        break
      case 'maybe-counted':
        this.#end(loan, 'told', batch)
        break
    }
  }

  /**
   * Gives back all that waits and all that was not sent, so that nothing is in hand between reports but what is on its
   * way. Never rejects.
   */
  async putBack(): Promise<void> {
    const back = new Map<Loan, Set<StoredRow>>()
    for (const loan of this.#loans.values()) if (!loan.carried) back.set(loan, loan.back)
    for (const application of [...this.ledger.busy]) {
      const note = (row: UsageRow) => {
        for (const stored of (row as LentRow).stored) this.#loans.get(stored)!.back.add(stored)
      }
      eachRow(application.ownTransactions, note)
      leaveWaiting(application)
    }
    for (const [loan, rows] of back) {
      this.#noteReturned(rows)
      for (const row of loan.rows) this.#loans.delete(row)
    }
    await Promise.all([...back].map(([loan, rows]) => this.#endPart(loan, rows)))
  }

  /** Lets nothing be sent any more, and gives back what was not. Resolves when the store knows all. Never rejects. */
  async end(): Promise<void> {
    this.#ended = true
    for (const batch of [...this.ledger.batches.open]) {
      if (batch.state === 'inFlight' && !batch.sending) batch.takeBack(false)
    }
    await this.putBack()
  }

  /** The application is deleted. Usage of it that comes later is reported alone, unless a newer answer proves it. */
  noteGone(id: string): void {
    this.#applications.noteGone(id)
  }

  /** Resolves when the store has heard all that it was told. */
  async told(): Promise<void> {
    while (this.#telling.size > 0) await Promise.all(this.#telling)
  }

  #takeOver(batch: StoredBatch): { readonly rows: readonly BatchRow[]; readonly loan: Loan } {
    const { sums, metrics } = this.service
    const stored = uniqueRows(batch.rows)
    const loan = createLoan(batch, stored, false)
    for (const row of stored) {
      this.#loans.set(row, loan)
      addAmount(sums.admitted, metrics.slotOf(row.metric), row.amount)
    }
    const ownerOf = (application: string) => this.#applications.of(application, batch.proved.get(application))
    return { rows: lentRows(stored, metrics, ownerOf), loan }
  }

  async #loanFor(batch: Batch): Promise<Loan | undefined> {
    const rows = storedRowsOf(batch)
    const whole = this.#loans.get(rows[0]!)
    if (whole === undefined || rows.length === whole.rows.size) return whole
    const part = await this.#store.part(whole.batch, rows)
    if (part === undefined) return undefined
    if (this.#loans.get(rows[0]!) !== whole) {
      this.#tell(part, 'back')
      return undefined
    }
    const loan = createLoan(part, rows, whole.inFlight)
    for (const row of rows) {
      whole.rows.delete(row)
      this.#loans.set(row, loan)
    }
    return loan
  }

  /** What the store lacks a batch for, because it was acknowledged or a part of it is gone, is booked anew. */
  #giveBack(batch: Batch, carried: Loan | undefined): void {
    const rows = storedRowsOf(batch)
    if (carried === undefined && rows.some((row) => this.#loans.has(row))) {
      for (const row of rows) this.#loans.get(row)?.back.add(row)
      return
    }
    this.#noteReturned(rows)
    const isWhole = rows.length === carried?.rows.size
    if (carried !== undefined) this.#end(carried, isWhole ? 'back' : 'gone', batch)
    if (isWhole) return
    for (const { application, row } of batch.rows) {
      const usage = createUsageShape(namedUsage([row], this.service.metrics))
      this.#store.book(this.#store.application(application.id!), usage, row.ownTransaction?.code)
    }
  }

  #noteReturned(rows: Iterable<StoredRow>): void {
    for (const { metric, amount } of rows) this.returned[metric] = (this.returned[metric] ?? 0) + amount
  }

  async #endPart(loan: Loan, back: ReadonlySet<StoredRow>): Promise<void> {
    // What is neither waiting nor in a report was given up.
    if (back.size === 0) return this.#tell(loan.batch, 'gone')
    if (back.size === loan.rows.size) return this.#tell(loan.batch, 'back')
    const part = await this.#store.part(loan.batch, [...back])
    if (part !== undefined) this.#tell(part, 'back')
    this.#tell(loan.batch, part === undefined ? 'back' : 'gone')
  }

  #end(loan: Loan, to: BatchState, batch?: Batch): void {
    this.#tell(loan.batch, to)
    this.#forget(loan, batch)
  }

  #forget(loan: Loan, batch: Batch | undefined): void {
    for (const row of loan.rows) this.#loans.delete(row)
    if (batch !== undefined) this.#carriers.delete(batch)
  }

  /** It is told by one process only that it cannot be found out whether the batch was counted. */
  #tellAmbiguous(loan: Loan, batch: Batch): void {
    this.#tell(loan.batch, 'ambiguous', () => {
      this.#forget(loan, batch)
      this.#handedOn.add(batch)
      if (batch.state === 'ambiguous') batch.undo()
    })
  }

  /** @param lost called if the batch is another process's now. */
  #tell(batch: StoredBatch, to: BatchState, lost: () => void = () => {}): void {
    const telling = this.#store
      .settle(batch, to)
      .then((isOurs) => {
        if (!isOurs) lost()
      })
      .finally(() => this.#telling.delete(telling))
    this.#telling.add(telling)
  }
}

function storedRowsOf({ rows }: Batch): StoredRow[] {
  return rows.flatMap(({ row }) => [...(row as LentRow).stored])
}
