/** Fills one batch after the other with waiting rows, within what one call to the backend may hold. */
import { MAX_PARAMETERS, MAX_TRANSACTIONS } from '../../client/encode/report-batches.ts'
import type { ApplicationLedger, ServiceState } from '../application-ledger.ts'
import { Batch } from './batch.ts'
import type { BatchRow } from './batch-row.ts'
import type { UsageRow } from './usage-row.ts'

/** What of a row is taken: the row, a part that is split off, or nothing. */
type Pick = (row: UsageRow) => UsageRow | undefined

/** Between two calls of `close` nothing else may run: the rows that it holds are in no sum. */
export class BatchBuilder {
  readonly #service: ServiceState
  #rows: BatchRow[] = []
  #parameters = 0

  constructor(service: ServiceState) {
    this.#service = service
  }

  /** Whether it holds rows. */
  get started(): boolean {
    return this.#rows.length > 0
  }

  /** The batch of all rows taken since the last call. */
  close(): Batch {
    const rows = this.#rows
    this.#rows = []
    this.#parameters = 0
    return new Batch(this.#service, rows)
  }

  /** Takes all rows that may be sent. @returns true when the batch is full before, so that it has to be closed. */
  takeAll(application: ApplicationLedger): boolean {
    return this.#take(application, (row) => row)
  }

  /** Takes usage of metrics that were proved since then (elapsed time), and tells which others wait. */
  takeProved(
    application: ApplicationLedger,
    since: number,
    onUnproved: (application: ApplicationLedger, slot: number) => void,
  ): boolean {
    const { metrics } = application.service
    const parts: UsageRow[] = []
    const full = this.#take(application, (row) => {
      const unproved: number[] = []
      row.each((slot) => {
        if (metrics.provedAt(slot) < since) unproved.push(slot)
      })
      for (const slot of unproved) onUnproved(application, slot)
      if (unproved.length === row.records) return undefined
      for (const slot of unproved) parts.push(row.takeOut(slot)!)
      return row
    })
    for (const part of parts) application.wait(part)
    return full
  }

  /** Takes usage of one metric. */
  takeMetric(application: ApplicationLedger, slot: number): boolean {
    return this.#take(application, (row) => {
      if (row.amountOf(slot) === 0) return undefined
      return row.records === 1 ? row : row.takeOut(slot)
    })
  }

  #take(application: ApplicationLedger, pick: Pick): boolean {
    return this.#takeFrom(application, 'pending', pick) || this.#takeFrom(application, 'ownTransactions', pick)
  }

  #takeFrom(application: ApplicationLedger, list: 'pending' | 'ownTransactions', pick: Pick): boolean {
    const { ledger } = this.#service
    let before: UsageRow | undefined
    for (let row = application[list]; row !== undefined; ) {
      const { next } = row
      const added = parametersOf(row)
      if (row.ownTransaction?.awaitsResponse === true) {
        before = row
      } else if (this.started && !this.#fits(added)) {
        return true
      } else {
        const taken = pick(row)
        if (taken === row) {
          if (before === undefined) application[list] = next
          else before.next = next
        } else {
          before = row
        }
        if (taken !== undefined) {
          this.#rows.push({ application, row: taken })
          this.#parameters += parametersOf(taken)
          ledger.recordsChanged(-taken.records)
        }
      }
      row = next
    }
    return false
  }

  #fits(added: number): boolean {
    return this.#rows.length < MAX_TRANSACTIONS && this.#parameters + added <= MAX_PARAMETERS
  }
}

/** Beside its metrics a transaction has an application id, a time stamp and perhaps a response code. */
function parametersOf(row: UsageRow): number {
  return row.records + (row.ownTransaction === undefined ? 2 : 3)
}
