/** What a file, or the files of a process, say of usage that is not settled. */
import type { Settlement } from '../format/kinds.ts'
import { type Row, WaitingUsage } from './waiting-usage.ts'

/** One application's usage. A process may have several of one id, or without one. */
export interface ApplicationUsage {
  /** Unique over all processes. */
  readonly number: number
  readonly service: string | undefined
  /** Undefined: the application of a caller that no answer had proved. */
  readonly id: string | undefined
  readonly waiting: WaitingUsage
  /** Sent rows by the number of their batch. */
  readonly sent: Map<number, readonly Row[]>
  /** Given up although it may have been counted. */
  maybeCounted: Row[]
}

/** What is known of a batch. */
export interface BatchUsage {
  settlement: Settlement
  /** When it was settled so, epoch milliseconds. */
  at: number
  readonly applications: Set<ApplicationUsage>
}

export class UsageState {
  readonly batches: Map<number, BatchUsage> = new Map()
  readonly #applications = new Map<number, ApplicationUsage>()

  get applications(): Iterable<ApplicationUsage> {
    return this.#applications.values()
  }

  application(number: number, service: string | undefined, id: string | undefined): ApplicationUsage {
    let application = this.#applications.get(number)
    if (application === undefined) {
      application = { number, service, id, waiting: new WaitingUsage(), sent: new Map(), maybeCounted: [] }
      this.#applications.set(number, application)
    }
    return application
  }

  /** Usage of an application that waits, or may be counted, passes on. `receiver` undefined: it is over. */
  pass(from: number, receiver: ApplicationUsage | undefined): void {
    const application = this.#applications.get(from)
    if (application === undefined) return
    if (receiver !== undefined) {
      for (const row of application.waiting.rows) receiver.waiting.add(row)
      receiver.maybeCounted.push(...application.maybeCounted)
    }
    application.waiting.clear()
    application.maybeCounted = []
  }

  /** A batch passes to another state, and its rows to applications of that. */
  passBatch(number: number, receivers: ReadonlyMap<number, ApplicationUsage>, to: UsageState): void {
    const batch = this.batches.get(number)
    if (batch === undefined) return
    for (const application of batch.applications) {
      const receiver = receivers.get(application.number)
      if (receiver !== undefined) to.putSent(number, receiver, application.sent.get(number) ?? [])
      application.sent.delete(number)
    }
    this.batches.delete(number)
    to.settle(number, batch.settlement, batch.at)
  }

  clear(): void {
    this.batches.clear()
    this.#applications.clear()
  }

  /** Rows that leave the waiting ones and travel in a batch. */
  take(batch: number, application: ApplicationUsage, rows: readonly Row[]): void {
    const taken = rows.map((row) => application.waiting.remove(row)).filter(({ usage }) => usage.size > 0)
    this.putSent(batch, application, taken)
  }

  /** Rows of a batch that never waited. */
  putSent(batch: number, application: ApplicationUsage, rows: readonly Row[]): void {
    this.#batch(batch).applications.add(application)
    application.sent.set(batch, [...(application.sent.get(batch) ?? []), ...rows])
  }

  settle(number: number, settlement: Settlement, at: number): void {
    const batch = this.#batch(number)
    // What an authrep has counted is not ours to send, whatever becomes of the call.
    const to = batch.settlement === 'reserved' && settlement === 'ambiguous' ? 'maybe-counted' : settlement
    batch.settlement = to
    batch.at = at
    if (ENDS.has(to)) this.#end(number, to)
  }

  /** Replaces everything that is known of an application. */
  restart(application: ApplicationUsage): void {
    application.waiting.clear()
    for (const number of application.sent.keys()) this.batches.get(number)?.applications.delete(application)
    application.sent.clear()
    application.maybeCounted = []
  }

  /** Adds another state. Numbers of applications and batches are unique over all processes. */
  add(other: UsageState): void {
    for (const theirs of other.applications) {
      const ours = this.application(theirs.number, theirs.service, theirs.id)
      for (const row of theirs.waiting.rows) ours.waiting.add(row)
      for (const [number, rows] of theirs.sent) this.putSent(number, ours, rows)
      ours.maybeCounted.push(...theirs.maybeCounted)
    }
    for (const [number, { settlement, at }] of other.batches) {
      const batch = this.#batch(number)
      batch.settlement = settlement
      batch.at = at
    }
  }

  #batch(number: number): BatchUsage {
    let batch = this.batches.get(number)
    if (batch === undefined) {
      batch = { settlement: 'taken', at: 0, applications: new Set() }
      this.batches.set(number, batch)
    }
    return batch
  }

  #end(number: number, settlement: Settlement): void {
    for (const application of this.batches.get(number)!.applications) {
      const rows = application.sent.get(number) ?? []
      application.sent.delete(number)
      if (settlement === 'waiting') for (const row of rows) application.waiting.add(row)
      if (settlement === 'resent') for (const row of rows) application.waiting.add({ ...row, resent: true })
      if (settlement === 'maybe-counted') application.maybeCounted.push(...rows)
    }
    this.batches.delete(number)
  }
}

const ENDS: ReadonlySet<Settlement> = new Set(['waiting', 'resent', 'given-up', 'maybe-counted', 'undone'])
