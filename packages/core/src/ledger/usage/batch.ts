/** Usage that travels together: one report to the backend, counted whole or not at all. */
import type { LossReason } from '../../observe/messages.ts'
import type { ApplicationLedger, ServiceState } from '../application-ledger.ts'
import type { JournalSettlement } from '../journal.ts'
import {
  addRows,
  applicationsToAsk,
  attach,
  type BatchRow,
  detach,
  giveUpGone,
  giveUpRows,
  holds,
  takeOutGone,
  unprovedSlots,
} from './batch-row.ts'
import { compact } from './compact.ts'
import type { Delivery, DeliveryState, Gone } from './delivery.ts'
import { mergeMinutes } from './merge-minutes.ts'

/** What happens to usage that was sent without an answer, when no later answer can show whether it was counted. */
export type UnansweredUsage = 'give-up' | 'count-again'

export class Batch implements Delivery {
  readonly service: ServiceState
  readonly reserved: boolean
  undecidable = false
  hidden = false
  witness: string | undefined = undefined
  #sending = false
  #rows: readonly BatchRow[]
  #state: DeliveryState = 'inFlight'
  #since: number
  /** What turned out to be gone while no outcome was known. */
  #gone: readonly Gone[] = []
  /** Once acknowledged: the applications that no answer has confirmed. Undefined: nothing is to be confirmed. */
  #unconfirmed: Set<string> | undefined = undefined

  /**
   * The rows are in flight from now on.
   *
   * @param origin 'reserved': the backend counts them by an authrep. 'recovered': the journal has them already.
   */
  constructor(
    service: ServiceState,
    rows: readonly BatchRow[],
    origin: 'waiting' | 'reserved' | 'recovered' = 'waiting',
  ) {
    this.service = service
    this.reserved = origin === 'reserved'
    this.#rows = rows
    this.#since = service.ledger.clock.elapsed()
    for (const { application, row } of rows) {
      row.next = undefined
      attach(application, row, this)
      service.ledger.markBusy(application)
    }
    service.ledger.stateChanged(this)
    if (origin !== 'recovered') service.ledger.journal?.take(this, this.reserved)
  }

  /** Of the same application and minute there is only one once the batch is acknowledged. */
  get rows(): readonly BatchRow[] {
    return this.#rows
  }

  get state(): DeliveryState {
    return this.#state
  }

  get sending(): boolean {
    return this.#sending
  }

  get since(): number {
    return this.#since
  }

  get awaitsProof(): boolean {
    return this.#unconfirmed !== undefined
  }

  /** The applications whose usage the batch carries. */
  get applications(): ReadonlySet<ApplicationLedger> {
    return new Set(this.#rows.map(({ application }) => application))
  }

  /** From now on a byte of it may reach the backend. */
  send(): void {
    this.#sending = true
    this.#tell('sending')
  }

  /**
   * The backend has queued the batch. It drops the whole if something in it is gone when it comes to count it.
   *
   * @param since when, by elapsed time; default now.
   */
  acknowledge(since?: number): void {
    this.#become('acknowledged', since)
    this.#tell('acknowledged')
    addRows(this.service.sums.acknowledged, this.#rows, 1)
    const merged = mergeMinutes(this.#rows)
    if (merged !== this.#rows) this.#replaceRows(merged)
    this.#unconfirmed = new Set(this.#rows.map(({ application }) => application.id!))
    this.service.ledger.stateChanged(this)
    this.#doubtGone()
  }

  /** No answer says whether it was counted. */
  leaveUnanswered(): void {
    this.#become('ambiguous')
    this.#tell('ambiguous')
    this.service.ledger.stateChanged(this)
    this.#doubtGone()
  }

  confirm(applicationId: string): void {
    this.#unconfirmed?.delete(applicationId)
    this.checkProof()
  }

  /** Ends the wait for proof if answers have proved everything. */
  checkProof(): void {
    if (this.#unconfirmed?.size === 0 && this.#unprovedSlots().size === 0) this.release()
  }

  /** Ends the wait for proof: from now on the batch is taken to be counted. */
  release(): void {
    this.#unconfirmed = undefined
  }

  /** The applications to ask about, so that the answers prove everything that the batch carries. */
  unconfirmed(): ReadonlySet<ApplicationLedger> {
    return applicationsToAsk(this.#rows, this.#unconfirmed, this.#unprovedSlots())
  }

  doubt(gone: Gone): void {
    if (this.#state === 'inFlight') {
      this.#gone = [...this.#gone, gone]
      return
    }
    if (gone.kind !== 'unknown' && !this.#rows.some((one) => holds(one, gone))) return
    if (this.#state === 'acknowledged' && this.awaitsProof) this.#becomeDoubtful()
    if (this.#state === 'ambiguous') this.#giveUpPart(gone)
  }

  takeBack(resent: boolean): void {
    const { ledger } = this.service
    if (ledger.lender !== undefined) return void this.undo()
    this.#become('over')
    this.#tell(resent ? 'resent' : 'waiting')
    for (const { application, row } of this.#rows) {
      row.resent ||= resent
      application.wait(row)
      ledger.recordsChanged(row.records)
    }
    // Not before they wait: each application would cease to be busy, and wake the reporter when it is again.
    this.#leave()
    for (const application of this.applications) compact(application)
    ledger.released()
  }

  /** Replaces the batch by two halves, both in flight. */
  halve(): [Batch, Batch] {
    this.#become('over')
    this.#tell('waiting')
    const middle = Math.ceil(this.#rows.length / 2)
    const halves = [this.#rows.slice(0, middle), this.#rows.slice(middle)].map((rows) => {
      const half = new Batch(this.service, rows)
      half.#gone = this.#gone
      return half
    })
    this.#leave()
    return halves as [Batch, Batch]
  }

  giveUp(reason: LossReason, counted: boolean): void {
    this.#end()
    this.#tell(counted ? 'maybe-counted' : 'given-up')
    giveUpRows(this.#rows, reason, counted)
  }

  /** Its usage was not admitted after all. */
  undo(): void {
    this.#end()
    this.#tell('undone')
    for (const { application, row } of this.#rows) application.shift(row, -1)
    addRows(this.service.sums.admitted, this.#rows, -1)
  }

  #tell(settlement: JournalSettlement): void {
    this.service.ledger.journal?.settle(this, settlement)
    this.service.ledger.lender?.settle(this, settlement)
  }

  #become(state: DeliveryState, since: number = this.service.ledger.clock.elapsed()): void {
    this.#state = state
    this.#since = since
    this.#unconfirmed = undefined
  }

  /** The backend has settled it by then all the same, so `since` stays. */
  #becomeDoubtful(): void {
    addRows(this.service.sums.acknowledged, this.#rows, -1)
    this.#state = 'ambiguous'
    this.#unconfirmed = undefined
    this.#tell('ambiguous')
    this.service.ledger.stateChanged(this)
  }

  #doubtGone(): void {
    for (const one of this.#gone) this.doubt(one)
  }

  #end(): void {
    this.#become('over')
    this.#leave()
  }

  #leave(): void {
    this.service.ledger.stateChanged(this)
    for (const application of this.applications) {
      detach(application, this)
      this.service.ledger.markBusy(application)
    }
  }

  /** Its metrics that no answer has proved since the backend has surely counted the batch. */
  #unprovedSlots(): Set<number> {
    const { metrics, ledger } = this.service
    return unprovedSlots(this.#rows, metrics, this.#since + ledger.settleMs)
  }

  #giveUpPart(gone: Gone): void {
    if (gone.kind === 'unknown') return
    const { parts, rest } = takeOutGone(this.#rows, gone)
    this.#replaceRows(rest)
    if (rest.length === 0) this.#end()
    giveUpGone(parts, gone)
  }

  #replaceRows(rows: readonly BatchRow[]): void {
    const { applications } = this
    for (const application of applications) detach(application, this)
    for (const { application, row } of rows) attach(application, row, this)
    this.#rows = rows
    for (const application of applications) this.service.ledger.markBusy(application)
  }
}
