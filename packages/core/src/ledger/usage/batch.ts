/** Usage that travels together: one report to the backend, counted whole or not at all. */
import type { LossReason } from '../../observe/messages.ts'
import type { ApplicationLedger } from '../application-ledger.ts'
import { addAmount } from '../plan/metric-table.ts'
import type { ServiceLedger } from '../service-ledger.ts'
import { compact } from './compact.ts'
import { giveUp } from './losses.ts'
import { namedUsage, recordsOf, type UsageRow } from './usage-row.ts'

/**
 * inFlight: no outcome yet; acknowledged: queued by the backend; ambiguous: sent, no usable answer; over: its rows
 * went back, to other batches, or were given up.
 */
export type BatchState = 'inFlight' | 'acknowledged' | 'ambiguous' | 'over'

/** What becomes of usage that was sent without an answer, when no later answer can show whether it was counted. */
export type UnansweredUsage = 'give-up' | 'count-again'

// An outage makes one batch ambiguous; more than this has other troubles.
const MAX_MAYBE_COUNTED = 100

export class Batch {
  readonly service: ServiceLedger
  readonly rows: readonly UsageRow[]
  state: BatchState = 'inFlight'
  /** An answer that should have told whether it was counted did not. */
  undecidable = false
  /** When it got into its state, by elapsed time. */
  since: number

  constructor(service: ServiceLedger, rows: readonly UsageRow[]) {
    this.service = service
    this.rows = rows
    this.since = service.ledger.clock.elapsed()
    for (const row of rows) {
      row.batch = this
      row.next = undefined
      const { application } = row
      // Not pushed into an empty one, which makes room for many more.
      if (application.sent === undefined) application.sent = [row]
      else application.sent.push(row)
      service.ledger.markBusy(application)
    }
  }

  /** The applications it is about. */
  get applications(): ReadonlySet<ApplicationLedger> {
    return new Set(this.rows.map((row) => row.application))
  }

  /** The backend has queued it. */
  acknowledge(): void {
    this.#become('acknowledged')
    const sums = this.service.sums.acknowledged
    for (const row of this.rows) row.each((slot, amount) => void addAmount(sums, slot, amount))
  }

  /** It may have been counted. */
  doubt(): void {
    this.#become('ambiguous')
  }

  /** Its rows wait again. `again`: they may have been counted already. */
  takeBack(resent: boolean): void {
    this.#become('over')
    this.#leave()
    for (const row of this.rows) {
      row.resent ||= resent
      row.application.wait(row)
    }
    this.service.ledger.records += recordsOf(this.rows)
    for (const application of this.applications) compact(application)
  }

  /** Two halves in place of it, both in flight. */
  halve(): [Batch, Batch] {
    this.#become('over')
    this.#leave()
    const middle = Math.ceil(this.rows.length / 2)
    return [new Batch(this.service, this.rows.slice(0, middle)), new Batch(this.service, this.rows.slice(middle))]
  }

  /** Its usage is not delivered and will not be. `counted`: it may have been counted, so the cells keep it. */
  giveUp(reason: LossReason, counted: boolean): void {
    this.#become('over')
    this.#leave()
    for (const application of this.applications) {
      const rows = this.rows.filter((row) => row.application === application)
      giveUp(application, rows, reason, counted)
      if (counted) keepMaybeCounted(application, rows)
    }
  }

  /** It was never admitted after all. */
  undo(): void {
    this.#become('over')
    this.#leave()
    const { admitted } = this.service.sums
    for (const row of this.rows) {
      row.application.shift(row, -1)
      row.each((slot, amount) => void addAmount(admitted, slot, -amount))
    }
  }

  /** Amounts by metric name. */
  usage(): Record<string, number> {
    return namedUsage(this.rows)
  }

  #become(state: BatchState): void {
    this.state = state
    this.since = this.service.ledger.clock.elapsed()
  }

  #leave(): void {
    for (const application of this.applications) {
      const rest = application.sent?.filter((row) => row.batch !== this)
      application.sent = rest === undefined || rest.length === 0 ? undefined : rest
      this.service.ledger.markBusy(application)
    }
  }
}

/** One row a minute: while answers are lost, each request may bring another. */
function keepMaybeCounted(application: ApplicationLedger, rows: readonly UsageRow[]): void {
  const maybeCounted = [...(application.maybeCounted ?? [])]
  for (const row of rows) {
    const same = maybeCounted.find(({ minute }) => minute === row.minute)
    if (same === undefined) maybeCounted.push(row)
    else row.each((slot, amount) => same.add(slot, amount))
  }
  application.maybeCounted = maybeCounted.slice(-MAX_MAYBE_COUNTED)
}
