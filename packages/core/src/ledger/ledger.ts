/**
 * The running count of all applications of a gateway. Synchronous and without I/O: authorization asks it and feeds it
 * answers, reporting takes batches out of it and reports their outcomes back.
 */
import type { Observer } from '../observe/observer.ts'
import type { UsageSums } from '../observe/stats.ts'
import type { Clock } from '../primitives/clock.ts'
import type { ApplicationLedger } from './application-ledger.ts'
import { Eviction } from './eviction.ts'
import type { JournalWriter } from './journal.ts'
import type { Lender } from './lender.ts'
import type { DeclaredMetrics } from './plan/metric-hierarchy.ts'
import { type QuestionStamp, ServiceLedger, type ServicesState } from './service-ledger.ts'
import { balanceOf, sumsOf } from './sums.ts'
import { Batch } from './usage/batch.ts'
import { keepSent } from './usage/batch-row.ts'
import { type Delivery, isUnsettled } from './usage/delivery.ts'
import { OpenBatches } from './usage/open-batches.ts'
import { earliestMinute } from './usage/waiting-rows.ts'

export interface LedgerOptions {
  readonly clock: Clock
  /** Longest the backend may take to count a report, in milliseconds. */
  readonly settleMs: number
  /** How many applications are kept. */
  readonly maxApplications: number
  /** From so many waiting records on, usage is added up without its response codes. Default: never. */
  readonly crowdedAt?: number | undefined
  readonly metrics?: DeclaredMetrics | undefined
  readonly observer: Pick<Observer, 'lost' | 'cached' | 'warn'>
  /** Called with the number of waiting records when usage begins to wait, and for each further record. */
  readonly onWaiting: (records: number) => void
  /** Whose usage it holds. Default: this process's own. */
  readonly lender?: Lender | undefined
}

export class Ledger implements ServicesState {
  readonly clock: Clock
  readonly settleMs: number
  readonly observer: LedgerOptions['observer']
  readonly eviction: Eviction
  readonly batches: OpenBatches = new OpenBatches()
  journal: JournalWriter | undefined = undefined
  readonly lender: Lender | undefined
  readonly #onWaiting: LedgerOptions['onWaiting']
  readonly #crowdedAt: number
  readonly #declared: DeclaredMetrics | undefined
  /** The present one of each id. */
  readonly #services = new Map<string | undefined, ServiceLedger>()
  /** Those of earlier backends too, whose usage may still be on its way. */
  readonly #all = new Set<ServiceLedger>()
  readonly #busy = new Set<ApplicationLedger>()
  #records = 0
  #questions = 0

  constructor(options: LedgerOptions) {
    this.clock = options.clock
    this.settleMs = options.settleMs
    this.observer = options.observer
    this.lender = options.lender
    this.eviction = new Eviction(options.maxApplications, options.observer)
    this.#onWaiting = options.onWaiting
    this.#crowdedAt = options.crowdedAt ?? Number.POSITIVE_INFINITY
    this.#declared = options.metrics
  }

  /** Waiting records: application, minute, metric. */
  get records(): number {
    return this.#records
  }

  get crowded(): boolean {
    return this.#records >= this.#crowdedAt
  }

  get services(): Iterable<ServiceLedger> {
    return this.#all
  }

  get busy(): ReadonlySet<ApplicationLedger> {
    return this.#busy
  }

  /** The ledger of a service. @param id undefined: the provider's default service. */
  service(id: string | undefined): ServiceLedger {
    let service = this.#services.get(id)
    if (service === undefined) {
      service = new ServiceLedger(this, id, this.#declared)
      this.present(service)
    }
    return service
  }

  /** A further ledger for an id, whose service is at another backend from now on. */
  another(id: string | undefined): ServiceLedger {
    const service = new ServiceLedger(this, id, this.#declared)
    this.present(service)
    return service
  }

  /** Makes this one the ledger of its id. */
  present(service: ServiceLedger): void {
    this.#services.set(service.id, service)
    this.#all.add(service)
  }

  get lastQuestion(): number {
    return this.#questions
  }

  stampQuestion(): QuestionStamp {
    this.#questions += 1
    return { number: this.#questions, askedAt: this.clock.now(), sentAt: this.clock.elapsed() }
  }

  markBusy(application: ApplicationLedger): void {
    if (!application.busy) {
      this.#busy.delete(application)
      if (application.evicted) application.service.dropOverflow(application)
    } else if (!this.#busy.has(application)) {
      this.#busy.add(application)
      if (application.evicted) application.service.keepOverflow(application)
      this.#onWaiting(this.#records)
    }
  }

  recordsAdded(count: number): void {
    if (count === 0) return
    this.#records += count
    this.#onWaiting(this.#records)
  }

  recordsChanged(by: number): void {
    this.#records += by
  }

  released(): void {
    this.#onWaiting(this.#records)
  }

  stateChanged(delivery: Delivery): void {
    if (delivery instanceof Batch) this.batches.note(delivery)
  }

  entered(application: ApplicationLedger): void {
    this.eviction.enter(application)
  }

  makeRoom(): boolean {
    if (this.eviction.makeRoom()) return true
    this.observer.cached('full', undefined, undefined)
    return false
  }

  /** Forgets usage of an application that the backend has surely counted by now and had no reason to drop. */
  forgetSettled(application: ApplicationLedger): void {
    const { questions, sent } = application
    if (questions > 0 || sent === undefined) return
    const settled = this.clock.elapsed() - this.settleMs
    keepSent(application, ({ delivery }) => isUnsettled(delivery, settled))
    this.markBusy(application)
  }

  /** The minute of the oldest usage that waits to be reported, epoch milliseconds; Infinity if none waits. */
  earliestWaiting(): number {
    return earliestMinute(this.#busy)
  }

  /** Law 8, by metric: `pending`, `inFlight` and `ambiguous` are counted anew each time, not derived. */
  sums(): Record<string, UsageSums> {
    return sumsOf(this.services, this.#busy)
  }

  /** The same without a visit to each row that waits: `pending` is what the other sums leave of `admitted`. */
  balance(): Record<string, UsageSums> {
    return balanceOf(this.services, this.batches.open)
  }
}

/** The ledger of one gateway, shared by all its services and routes. */
export function createLedger(options: LedgerOptions): Ledger {
  return new Ledger(options)
}
