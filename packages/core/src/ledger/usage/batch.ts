/** Usage that travels together: one report to the backend, counted whole or not at all. */
import type { LossReason } from '../../observe/messages.ts'
import type { ApplicationLedger, ServiceState } from '../application-ledger.ts'
import { addAmount } from '../plan/metric-table.ts'
import { compact } from './compact.ts'
import { giveUp } from './losses.ts'
import type { Delivery, DeliveryState } from './sent-row.ts'
import { recordsOf, type UsageRow } from './usage-row.ts'

/** What happens to usage that was sent without an answer, when no later answer can show whether it was counted. */
export type UnansweredUsage = 'give-up' | 'count-again'

/** One transaction of a batch. */
export interface BatchRow {
  readonly application: ApplicationLedger
  readonly row: UsageRow
}

// An outage leaves one batch without an answer, so an application with more rows than this has other problems.
const MAX_MAYBE_COUNTED = 100

export class Batch implements Delivery {
  readonly service: ServiceState
  readonly rows: readonly BatchRow[]
  undecidable = false
  #state: DeliveryState = 'inFlight'
  #since: number

  /** The rows are in flight from now on. */
  constructor(service: ServiceState, rows: readonly BatchRow[]) {
    this.service = service
    this.rows = rows
    this.#since = service.ledger.clock.elapsed()
    for (const { application, row } of rows) {
      row.next = undefined
      const sent = { row, delivery: this }
      // Not pushed into an empty array, because V8 would reserve memory for many more rows.
      if (application.sent === undefined) application.sent = [sent]
      else application.sent.push(sent)
      service.ledger.markBusy(application)
    }
  }

  get state(): DeliveryState {
    return this.#state
  }

  get since(): number {
    return this.#since
  }

  /** The applications whose usage the batch carries. */
  get applications(): ReadonlySet<ApplicationLedger> {
    return new Set(this.rows.map(({ application }) => application))
  }

  /** The backend has queued the batch. */
  acknowledge(): void {
    this.#become('acknowledged')
    const { acknowledged } = this.service.sums
    for (const { row } of this.rows) row.each((slot, amount) => void addAmount(acknowledged, slot, amount))
  }

  /** No answer says whether it was counted. */
  leaveUnanswered(): void {
    this.#become('ambiguous')
  }

  takeBack(resent: boolean): void {
    this.#end()
    for (const { application, row } of this.rows) {
      row.resent ||= resent
      application.wait(row)
    }
    this.service.ledger.recordsChanged(recordsOf(this.rows.map(({ row }) => row)))
    for (const application of this.applications) compact(application)
  }

  /** Replaces the batch by two halves, both in flight. */
  halve(): [Batch, Batch] {
    this.#end()
    const middle = Math.ceil(this.rows.length / 2)
    return [new Batch(this.service, this.rows.slice(0, middle)), new Batch(this.service, this.rows.slice(middle))]
  }

  giveUp(reason: LossReason, counted: boolean): void {
    this.#end()
    for (const application of this.applications) {
      const rows = this.rows.filter((one) => one.application === application).map(({ row }) => row)
      giveUp(application, rows, reason, counted)
      if (counted) keepMaybeCounted(application, rows)
    }
  }

  /** Its usage was not admitted after all. */
  undo(): void {
    this.#end()
    const { admitted } = this.service.sums
    for (const { application, row } of this.rows) {
      application.shift(row, -1)
      row.each((slot, amount) => void addAmount(admitted, slot, -amount))
    }
  }

  #become(state: DeliveryState): void {
    this.#state = state
    this.#since = this.service.ledger.clock.elapsed()
  }

  #end(): void {
    this.#become('over')
    for (const application of this.applications) {
      const rest = application.sent?.filter(({ delivery }) => delivery !== this)
      application.sent = rest === undefined || rest.length === 0 ? undefined : rest
      this.service.ledger.markBusy(application)
    }
  }
}

/** Keeps one row per minute, because each request may bring another while answers are lost. */
function keepMaybeCounted(application: ApplicationLedger, rows: readonly UsageRow[]): void {
  const kept = [...(application.maybeCounted ?? [])]
  for (const row of rows) {
    const same = kept.find(({ minute }) => minute === row.minute)
    if (same === undefined) kept.push(row)
    else row.each((slot, amount) => same.add(slot, amount))
  }
  application.maybeCounted = kept.slice(-MAX_MAYBE_COUNTED)
}
