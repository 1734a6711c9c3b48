/** One application's count: what it may still use, what waits to be reported, what was reported and is not settled. */
import type { UsageReport } from '../domain/verdict.ts'
import { rowInWindow } from './answers/usage-in-window.ts'
import { END, KNOWN, MAX, NO_CELLS, rollCell, START, WIDTH } from './plan/limit-cells.ts'
import { addAmount } from './plan/metric-table.ts'
import type { LimitFootprint, PlanLimits } from './plan/plan-limits.ts'
import type { ServiceLedger } from './service-ledger.ts'
import { UsageRow } from './usage/usage-row.ts'

/** A denial that holds for everybody of an application or service, until it is asked again. */
export interface GeneralDenial {
  readonly code: string
  readonly reason: string
  /** By our clock. */
  readonly until: number
}

export class ApplicationLedger {
  // Each decision looks at the first of these: they are kept side by side, what V8 lays out in this order.
  readonly service: ServiceLedger
  planLimits: PlanLimits
  cells: number[] = NO_CELLS
  /** Waiting, added up by minute, newest first. */
  pending: UsageRow | undefined = undefined
  /** What the backend last said against all its callers. */
  denial: GeneralDenial | undefined = undefined
  /** No longer in the ledger; who still holds it has to look it up again. */
  evicted = false
  /** Since the eviction last looked. */
  used = true
  /** Undefined while nobody knows whose usage this is; such usage is never sent. */
  readonly id: string | undefined
  plan: string | undefined
  /** Waiting, each for itself because of its response code. */
  ownTransaction: UsageRow | undefined = undefined
  /** Sent and not yet forgotten. */
  sent: UsageRow[] | undefined = undefined
  /** Given up without anybody knowing whether it was counted; stays in the counts as long as their windows last. */
  maybeCounted: UsageRow[] | undefined = undefined
  /** Number of the newest question whose answer was taken in; 0: none, or none that still holds. */
  appliedQuestion = 0
  /** When an answer last proved that the application exists, by our clock. */
  provedAt: number = Number.NEGATIVE_INFINITY
  /** Questions under way. */
  questions = 0

  constructor(service: ServiceLedger, id: string | undefined) {
    this.service = service
    this.id = id
    this.planLimits = service.unlimited
  }

  /** Whether the usage stays within every limit it touches. */
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

  /** Whether the usage comes within a share (0 to 1) of a limit it touches. */
  isNear(footprint: LimitFootprint, margin: number): boolean {
    return footprint.limits.some((limit, i) => {
      const at = limit * WIDTH
      return this.cells[at + KNOWN]! + footprint.needs[i]! > this.cells[at + MAX]! * (1 - margin)
    })
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
    if (row === undefined || !row.repeat(footprint, time)) this.#wait(footprint, time)
    this.#sumUp(footprint)
  }

  /**
   * Counts as a transaction of its own, which waits for the status of the response before it may be sent; undefined where
   * there is none, because nothing is used or too much waits.
   */
  countAsOwnTransaction(footprint: LimitFootprint, time: number): UsageRow | undefined {
    if (this.service.ledger.crowded) {
      this.count(footprint, time)
      return undefined
    }
    this.used = true
    this.#addToCells(footprint, time)
    if (footprint.slots.length === 0) return undefined
    const row = new UsageRow(this, time)
    row.ownTransaction = { code: undefined, awaitsResponse: true }
    this.service.ledger.recordsAdded(row.count(footprint))
    this.#sumUp(footprint)
    row.next = this.ownTransaction
    this.ownTransaction = row
    this.service.ledger.markBusy(this)
    return row
  }

  /** Counts usage that the backend counts by itself when it authorizes; the row belongs in a batch of its own. */
  reserve(footprint: LimitFootprint, time: number): UsageRow | undefined {
    this.used = true
    this.#addToCells(footprint, time)
    if (footprint.slots.length === 0) return undefined
    const row = new UsageRow(this, time)
    row.count(footprint)
    this.#sumUp(footprint)
    return row
  }

  /** A row that waits to be sent, filled by the caller. */
  wait(row: UsageRow): void {
    row.batch = undefined
    row.application = this
    if (row.ownTransaction !== undefined) {
      row.next = this.ownTransaction
      this.ownTransaction = row
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
      // Nobody may have asked since the window of the cell ended.
      if (sign === 1 && row.minute >= cells[at + END]!) rollCell(cells, planLimits, limit, row.minute)
      if (row.minute < cells[at + START]! || row.minute >= cells[at + END]!) continue
      row.each((slot, amount) => {
        if (planLimits.covers(limit, slot)) cells[at + KNOWN]! += sign * amount
      })
    }
  }

  /** What a denial says: when the last of the violated windows ends, and whether waiting helps at all. */
  violation(footprint: LimitFootprint, time: number): { retryAt: number | undefined; disabled: boolean } {
    let retryAt = 0
    let disabled = false
    footprint.limits.forEach((limit, i) => {
      const at = limit * WIDTH
      if (time >= this.cells[at + END]!) rollCell(this.cells, this.planLimits, limit, time)
      const max = this.cells[at + MAX]!
      const need = footprint.needs[i]!
      if (this.cells[at + KNOWN]! + need <= max) return
      if (max === 0) disabled = true
      retryAt = Math.max(retryAt, need > max ? Number.POSITIVE_INFINITY : this.cells[at + END]!)
    })
    return { retryAt: Number.isFinite(retryAt) ? retryAt : undefined, disabled }
  }

  /** The limits as usage reports, at a time of the service's. */
  reports(time: number): UsageReport[] {
    return this.planLimits.limits.map(({ metric, period }, limit) => {
      const at = limit * WIDTH
      if (time >= this.cells[at + END]!) rollCell(this.cells, this.planLimits, limit, time)
      const eternal = period === 'eternity'
      const current = this.cells[at + KNOWN]!
      const max = this.cells[at + MAX]!
      return Object.freeze({
        metric,
        period,
        start: eternal ? undefined : new Date(this.cells[at + START]!),
        end: eternal ? undefined : new Date(this.cells[at + END]!),
        max,
        current,
        exceeded: current > max,
      })
    })
  }

  /** Whether its limits are known, as far as an answer has told them. */
  get answered(): boolean {
    return this.appliedQuestion > 0
  }

  /** Whether something of it is still on its way, so that it must not be forgotten. */
  get busy(): boolean {
    return (
      this.pending !== undefined || this.ownTransaction !== undefined || this.sent !== undefined || this.questions > 0
    )
  }

  /** Whether an answer alone would not bring its count back: then it must not be forgotten. */
  holdsCount(time: number): boolean {
    if (this.busy) return true
    const { maybeCounted, cells, planLimits } = this
    if (maybeCounted === undefined) return false
    return planLimits.limits.some((_, limit) => {
      if (time >= cells[limit * WIDTH + END]!) rollCell(cells, planLimits, limit, time)
      return maybeCounted.some((row) => rowInWindow(this, row, limit) > 0)
    })
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

  #wait(footprint: LimitFootprint, time: number): void {
    const { ledger } = this.service
    let row = this.pending
    if (row === undefined || row.resent || !row.covers(time) || !row.holds(footprint)) {
      row = new UsageRow(this, time)
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
