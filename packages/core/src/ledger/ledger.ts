/**
 * The running count of all applications of a gateway. Synchronous and without I/O: authorization asks it and feeds it
 * answers, reporting takes batches out of it and tells what became of them.
 */

import type { Observer } from '../observe/observer.ts'
import type { UsageSums } from '../observe/stats.ts'
import type { Clock } from '../primitives/clock.ts'
import { dropFutureWindows } from './answers/drop-future-windows.ts'
import { ApplicationLedger } from './application-ledger.ts'
import { Eviction } from './eviction.ts'
import type { DeclaredMetrics } from './plan/metric-hierarchy.ts'
import { type LedgerService, type QuestionStamp, ServiceLedger } from './service-ledger.ts'
import { sumsOf } from './sums.ts'
import { compact } from './usage/compact.ts'
import { takeWaiting } from './usage/waiting-rows.ts'

export interface LedgerOptions {
  readonly clock: Clock
  /** Longest the backend may take to count a report, milliseconds. */
  readonly settleMs: number
  /** Applications kept. */
  readonly maxApplications: number
  /** From so many waiting records on, usage is added up without its response codes. Default: never. */
  readonly crowdedAt?: number | undefined
  readonly metrics?: DeclaredMetrics | undefined
  readonly observer: Pick<Observer, 'lost' | 'cached' | 'warn'>
}

/** Asks the backend about an application, so that its answer can be applied; resolves when that was tried. */
export type Asker = (application: ApplicationLedger) => Promise<void>

export class Ledger {
  readonly clock: Clock
  readonly settleMs: number
  readonly observer: LedgerOptions['observer']
  readonly room: Eviction
  /** Set by authorization: how usage is proved and doubts are resolved. */
  asker: Asker | undefined = undefined
  /** Set by reporting: called when something begins to wait, and for each further record. */
  onWaiting: ((records: number) => void) | undefined = undefined
  /** Set by reporting: sends what an application has waiting. */
  flusher: ((application: ApplicationLedger) => Promise<void>) | undefined = undefined
  /** Waiting records: application, minute, metric. */
  records = 0
  readonly #crowdedAt: number
  readonly #declared: DeclaredMetrics | undefined
  readonly #services = new Map<string | undefined, ServiceLedger>()
  readonly #busy = new Set<ApplicationLedger>()
  #questions = 0
  #sweptAt: number = Number.NEGATIVE_INFINITY

  constructor(options: LedgerOptions) {
    this.clock = options.clock
    this.settleMs = options.settleMs
    this.observer = options.observer
    this.room = new Eviction(options.maxApplications, options.observer)
    this.#crowdedAt = options.crowdedAt ?? Number.POSITIVE_INFINITY
    this.#declared = options.metrics
  }

  /** Whether so much waits, in a long outage, that each request can no longer have a transaction of its own. */
  get crowded(): boolean {
    return this.records >= this.#crowdedAt
  }

  get services(): Iterable<ServiceLedger> {
    return this.#services.values()
  }

  /** Applications with anything waiting or unsettled. */
  get busy(): ReadonlySet<ApplicationLedger> {
    return this.#busy
  }

  /** What is counted of a service; the first client given for it reports its usage. */
  service(about: LedgerService): ServiceLedger {
    let service = this.#services.get(about.id)
    if (service === undefined) {
      service = new ServiceLedger(this, about, this.#declared)
      this.#services.set(about.id, service)
    }
    return service
  }

  /** Number of the newest question. */
  get lastQuestion(): number {
    return this.#questions
  }

  /** To be called right before a question is sent. */
  stampQuestion(): QuestionStamp {
    this.#questions += 1
    return { number: this.#questions, askedAt: this.clock.now(), sentAt: this.clock.elapsed() }
  }

  /** Usage of somebody whose application is not known; kept apart, never sent. */
  unverified(service: ServiceLedger): ApplicationLedger {
    return new ApplicationLedger(service, undefined)
  }

  /** Moves all that a stranger used to the application that he turned out to be. */
  adopt(unverified: ApplicationLedger, application: ApplicationLedger): void {
    for (const row of takeWaiting(unverified)) {
      application.wait(row)
      application.shift(row, 1)
    }
    compact(application)
    this.markBusy(unverified)
  }

  /** Our clock is too fast for the backend: what was counted by it in windows to come starts anew from the next answers. */
  clockAhead(service: ServiceLedger): void {
    this.observer.warn(
      'THREESCALE_CLOCK_AHEAD',
      "this machine's clock is almost an hour or more ahead of the 3scale backend's; usage is stamped by the backend's",
      { service: service.id },
    )
    service.epoch += 1
    const time = service.at(this.clock.now())
    for (const application of service.applications.values()) dropFutureWindows(application, time)
  }

  /** Keeps the set of those that must not be forgotten. */
  markBusy(application: ApplicationLedger): void {
    if (!application.busy) {
      this.#busy.delete(application)
      if (application.evicted) application.service.dropOverflow(application)
    } else if (!this.#busy.has(application)) {
      this.#busy.add(application)
      if (application.evicted) application.service.keepOverflow(application)
      this.onWaiting?.(this.records)
    }
  }

  /** So many records more are waiting. */
  recordsAdded(count: number): void {
    if (count === 0) return
    this.records += count
    this.onWaiting?.(this.records)
  }

  /**
   * Makes sure that one more application fits.
   *
   * @returns false when all that could go have usage waiting or unsettled.
   */
  makeRoom(): boolean {
    if (this.room.make()) return true
    if (this.clock.elapsed() - this.#sweptAt > 1000) {
      this.sweep()
      if (this.room.make()) return true
    }
    this.observer.cached('full', undefined, undefined)
    return false
  }

  /** Forgets what the backend has surely counted by now, for applications that nobody asks about any more. */
  sweep(): void {
    this.#sweptAt = this.clock.elapsed()
    const settled = this.#sweptAt - this.settleMs
    for (const application of this.#busy) {
      if (application.questions > 0 || application.sent === undefined) continue
      const kept = application.sent.filter(({ batch }) => batch!.state !== 'acknowledged' || batch!.since > settled)
      application.sent = kept.length === 0 ? undefined : kept
      this.markBusy(application)
    }
  }

  /** Law 8, by metric: `pending`, `inFlight` and `ambiguous` are counted out anew, not derived. */
  sums(): Record<string, UsageSums> {
    return sumsOf(this.services, this.#busy)
  }
}

/** The count of one gateway, shared by all its services and routes. */
export function createLedger(options: LedgerOptions): Ledger {
  return new Ledger(options)
}
