/** One application's count: what it may still use, what waits to be reported, and what was sent and not settled. */
import type { RememberedDenial } from '../domain/remembered-denial.ts'
import type { Observer } from '../observe/observer.ts'
import type { Clock } from '../primitives/clock.ts'
import type { JournalWriter } from './journal.ts'
import type { Lender } from './lender.ts'
import { END, KNOWN, MAX, NO_CELLS, rollCell, START, WIDTH } from './plan/limit-cells.ts'
import { addAmount, type MetricTable, type UsageTotals } from './plan/metric-table.ts'
import type { Limit, LimitFootprint, PlanLimits } from './plan/plan-limits.ts'
import type { StoredApplication } from './store.ts'
import { type Delivery, isUncounted } from './usage/delivery.ts'
import { anyInWindow } from './usage/row-in-window.ts'
import type { SentRow } from './usage/sent-row.ts'
import { UsageRow } from './usage/usage-row.ts'

/** What an application needs of the ledger that it belongs to. */
export interface LedgerState {
  readonly clock: Clock
  /** Longest the backend may take to count a report, in milliseconds. */
  readonly settleMs: number
  readonly observer: Pick<Observer, 'lost' | 'cached' | 'warn'>
  /** Whether so much waits that a request can no longer have a transaction of its own. */
  readonly crowded: boolean
  /** Told each move of usage; undefined where usage ends with the process. */
  readonly journal: JournalWriter | undefined
  /** Undefined where usage is this process's own. */
  readonly lender: Lender | undefined
  /** Keeps the set of applications that must not be forgotten. */
  markBusy(application: ApplicationLedger): void
  /** So many records more wait to be sent; may start a report. */
  recordsAdded(count: number): void
  /** The number of waiting records has changed by a move of usage that starts no report. */
  recordsChanged(by: number): void
  /** Usage that waited for the status of its response may be sent. */
  released(): void
  /** A delivery is new, or in another state than before. */
  stateChanged(delivery: Delivery): void
}

/** What an application needs of its service. */
export interface ServiceState {
  readonly ledger: LedgerState
  /** Undefined: a provider's default service. */
  readonly id: string | undefined
  readonly metrics: MetricTable
  readonly sums: UsageTotals
  /** The limits of plans without limits. */
  readonly unlimited: PlanLimits
  readonly applications: Map<string, ApplicationLedger>
  /** What the backend last said against the whole service. */
  readonly denial: RememberedDenial | undefined
  /** Counts how often everything learned before became unusable. */
  readonly epoch: number
  /** The service's time when our clock shows `own`. */
  at(own: number): number
  planLimitsOf(wanted: readonly Limit[]): PlanLimits
  changePlanLimits(application: ApplicationLedger, planLimits: PlanLimits | undefined): void
  /** Where usage is kept of an application that there is no room for; `provedAt` is elapsed time. */
  overflow(id: string, provedAt: number): ApplicationLedger
  /** Lets an application without room be found while some of its usage is on its way. */
  keepOverflow(application: ApplicationLedger): void
  /** None of its usage is on its way any more. */
  dropOverflow(application: ApplicationLedger): void
}

export class ApplicationLedger {
  // The hot path reads the first fields. V8 lays fields out in this order, so they share a cache line.
  readonly service: ServiceState
  planLimits: PlanLimits
  cells: number[] = NO_CELLS
  /** Waiting, added up by minute, newest first. */
  pending: UsageRow | undefined = undefined
  /** What the backend last said against all its callers. */
  denial: RememberedDenial | undefined = undefined
  /** No longer in the ledger: a caller that still refers to it has to look it up again. */
  evicted = false
  /** Whether it was used since the eviction last looked. */
  used = true
  /** What a store keeps of it; undefined before it was asked. */
  stored: StoredApplication | undefined = undefined
  /** Undefined while it is unknown whose usage this is; such usage is never sent. */
  readonly id: string | undefined
  plan: string | undefined
  /** Waiting, each row a transaction of its own because of its response code. */
  ownTransactions: UsageRow | undefined = undefined
  /** Sent and not yet forgotten. */
  sent: SentRow[] | undefined = undefined
  /** Given up although it may have been counted; stays in the counts as long as their windows last. */
  maybeCounted: UsageRow[] | undefined = undefined
  /** Number of the newest question whose answer was applied; 0: none, or none that still holds. */
  appliedQuestion = 0
  /** When the question was sent whose answer last proved that the application exists, by elapsed time. */
  provedAt: number = Number.NEGATIVE_INFINITY
  /** Its last known caller was refused as unknown, so it may be deleted. No answer can tell. */
  vanished = false
  /** Questions under way. */
  questions = 0

  constructor(service: ServiceState, id: string | undefined) {
    this.service = service
    this.id = id
    this.planLimits = service.unlimited
  }

  /** Whether the usage stays within every limit that holds for it. */
  fits(footprint: LimitFootprint, time: number): boolean {
    const { limits, needs } = footprint
    const cells = this.cells
    for (let i = 0; i < limits.length; i++) {
      const at = limits[i]! * WIDTH
      if (time >= cells[at + END]!) rollCell(cells, this.planLimits, limits[i]!, time)
      if (cells[at + KNOWN]! + needs[i]! > cells[at + MAX]!) return false
    }
    return true
  }

  /** Checks and counts in one synchronous step: all limits or none. */
  admit(footprint: LimitFootprint, time: number): boolean {
    if (!this.fits(footprint, time)) return false
    this.count(footprint, time)
    return true
  }

  /** Counts without checking, to be reported. */
  count(footprint: LimitFootprint, time: number): void {
    this.used = true
    this.#addToCells(footprint, time)
    if (footprint.slots.length === 0) return
    const row = this.pending
    if (row === undefined || !row.repeat(footprint, time)) this.#countAnew(footprint, time)
    this.#sumUp(footprint)
    this.service.ledger.journal?.book(this, footprint, time)
  }

  /**
   * Counts as a transaction of its own, which carries the status of the response.
   *
   * @param code the status; undefined: not known yet, the transaction waits until it is released.
   * @returns undefined when there is no such transaction, because nothing is used or too much waits already.
   */
  countAsOwnTransaction(footprint: LimitFootprint, time: number, code?: number): UsageRow | undefined {
    const { ledger } = this.service
    if (ledger.crowded) {
      this.count(footprint, time)
      return undefined
    }
    this.used = true
    this.#addToCells(footprint, time)
    if (footprint.slots.length === 0) return undefined
    const row = new UsageRow(time)
    row.ownTransaction = { code, awaitsResponse: code === undefined }
    ledger.recordsAdded(row.count(footprint))
    this.#sumUp(footprint)
    row.next = this.ownTransactions
    this.ownTransactions = row
    ledger.markBusy(this)
    ledger.journal?.book(this, footprint, time)
    return row
  }

  /** Lets a transaction be sent that waited for its response. */
  release(row: UsageRow, code: number | undefined): void {
    row.release(code)
    this.service.ledger.released()
  }

  /** Counts usage that the backend counts by itself when it authorizes; the row belongs in a batch of its own. */
  reserve(footprint: LimitFootprint, time: number): UsageRow | undefined {
    this.used = true
    this.#addToCells(footprint, time)
    if (footprint.slots.length === 0) return undefined
    const row = new UsageRow(time)
    row.count(footprint)
    this.#sumUp(footprint)
    return row
  }

  /** Puts a row that is filled already among those that wait to be sent. */
  wait(row: UsageRow): void {
    if (row.ownTransaction !== undefined) {
      row.next = this.ownTransactions
      this.ownTransactions = row
    } else {
      row.next = this.pending
      this.pending = row
    }
    this.service.ledger.markBusy(this)
  }

  /** Adds the row's usage to the cells whose window holds its minute, or takes it away again. */
  shift(row: UsageRow, sign: 1 | -1): void {
    const { cells, planLimits } = this
    for (let limit = 0; limit < planLimits.limits.length; limit++) {
      const at = limit * WIDTH
      // The cell may still be on a window that has ended, when no request came since.
      if (sign === 1 && row.minute >= cells[at + END]!) rollCell(cells, planLimits, limit, row.minute)
      if (row.minute < cells[at + START]! || row.minute >= cells[at + END]!) continue
      row.each((slot, amount) => {
        if (planLimits.covers(limit, slot)) cells[at + KNOWN]! += sign * amount
      })
    }
  }

  /** Whether an answer has told its limits. */
  get answered(): boolean {
    return this.appliedQuestion > 0
  }

  /** Whether some of its usage is still on its way, so that it must not be forgotten. */
  get busy(): boolean {
    const { pending, ownTransactions, sent, questions } = this
    return pending !== undefined || ownTransactions !== undefined || sent !== undefined || questions > 0
  }

  /** Whether an answer alone would not bring its count back; what was acknowledged before `settledBefore` it would. */
  holdsCount(time: number, settledBefore: number): boolean {
    const { pending, ownTransactions, sent, questions, maybeCounted } = this
    if (pending !== undefined || ownTransactions !== undefined || questions > 0) return true
    if (sent?.some(({ delivery }) => isUncounted(delivery, settledBefore))) return true
    return maybeCounted !== undefined && anyInWindow(this, maybeCounted, time)
  }

  #addToCells(footprint: LimitFootprint, time: number): void {
    const { limits, needs } = footprint
    const cells = this.cells
    for (let i = 0; i < limits.length; i++) {
      const at = limits[i]! * WIDTH
      if (time >= cells[at + END]!) rollCell(cells, this.planLimits, limits[i]!, time)
      cells[at + KNOWN]! += needs[i]!
    }
  }

  #countAnew(footprint: LimitFootprint, time: number): void {
    const { ledger } = this.service
    let row = this.pending
    if (row === undefined || row.resent || !row.covers(time) || !row.holds(footprint)) {
      row = new UsageRow(time)
      row.next = this.pending
      this.pending = row
      ledger.markBusy(this)
    }
    ledger.recordsAdded(row.count(footprint))
  }

  #sumUp({ slots, amounts }: LimitFootprint): void {
    const { admitted } = this.service.sums
    for (let i = 0; i < slots.length; i++) addAmount(admitted, slots[i]!, amounts[i]!)
  }
}
