/** Reports the usage of one service, and remembers whether its last report succeeded. */
import type { Breaker } from '../backend/breaker.ts'
import type { ApplicationLedger } from '../ledger/application-ledger.ts'
import type { ServiceLedger } from '../ledger/service-ledger.ts'
import type { Batch } from '../ledger/usage/batch.ts'
import { compact } from '../ledger/usage/compact.ts'
import { takeBatches } from '../ledger/usage/take-batches.ts'
import { eachRow } from '../ledger/usage/waiting-rows.ts'
import { type BackOff, createBackOff } from './back-off.ts'
import type { ReportSettings } from './report-settings.ts'
import { type SendOptions, type SendResult, sendBatch } from './send-batch.ts'

export interface ServiceReporterOptions extends SendOptions {
  readonly service: ServiceLedger
  readonly report: ReportSettings
  /** How long a proof of an application or metric is good for in a common batch, in milliseconds. */
  readonly provedWithinMs: number
  readonly breaker: Breaker | undefined
  /** Whether the backend answers a question about an application, which counts nothing. Never rejects. */
  readonly answers: (service: string | undefined, applicationId: string) => Promise<boolean>
  /** 0 to 1, for jitter. */
  readonly random: () => number
}

const FIRST_RETRY_MS = 500
const MAX_RETRY_MS = 10_000
const REJECTED_RETRY_MS = 30_000

export class ServiceReporter {
  readonly #options: ServiceReporterOptions
  readonly #backOff: BackOff
  /** Our credentials were refused last. */
  #rejected = false
  /** The backend failed last: a question goes before the next batch, and a small batch before the rest. */
  #suspect = false

  constructor(options: ServiceReporterOptions) {
    this.#options = options
    this.#backOff = createBackOff(FIRST_RETRY_MS, MAX_RETRY_MS, options.random)
  }

  /** Nothing is sent before, by elapsed time; `now` where there is nothing to wait for. */
  mayTryAt(now: number): number {
    return this.#backOff.dueAt(now)
  }

  /** Sends all that waits. `hurry`: also during a pause. */
  async flush(hurry: boolean): Promise<void> {
    const now = this.#options.clock.elapsed()
    if (!hurry && this.#backOff.dueAt(now) > now) return
    if (this.#suspect && !(await this.#tryOne())) return
    await this.#sendAll(this.#take(undefined))
  }

  /** Sends what one application has waiting, unless the backend is given a pause. */
  async flushOnly(application: ApplicationLedger): Promise<void> {
    const now = this.#options.clock.elapsed()
    if (this.#suspect || this.#backOff.dueAt(now) > now) return
    await this.#sendAll(this.#take(new Set([application])))
  }

  /**
   * After a failure: one question, then one small batch. If the backend is still down nothing is lost by a question,
   * while a report might be counted and its answer lost. So an outage makes at most one batch ambiguous.
   */
  async #tryOne(): Promise<boolean> {
    const { service, clock, answers } = this.#options
    const smallest = smallestWaiting(service)
    if (smallest === undefined) return false
    if (!(await answers(service.id, smallest.id!))) {
      this.#backOff.failed(clock.elapsed())
      for (const application of service.busyApplications()) compact(application)
      return false
    }
    const [first, ...rest] = this.#take(new Set([smallest]))
    for (const batch of rest) batch.takeBack(false)
    return first === undefined || (await this.#sendAll([first]))
  }

  /** @returns false when the backend takes no more; usage that it did not get waits again. */
  async #sendAll(batches: readonly Batch[]): Promise<boolean> {
    for (const [index, batch] of batches.entries()) {
      const result = await sendBatch(batch, this.#options)
      this.#note(result)
      if (result.kind === 'delivered') continue
      for (const rest of batches.slice(index + 1)) {
        if (rest.state === 'inFlight') rest.takeBack(false)
      }
      return false
    }
    return true
  }

  #note(result: SendResult): void {
    const { breaker, clock } = this.#options
    switch (result.kind) {
      case 'delivered':
        this.#backOff.succeeded()
        this.#rejected = false
        this.#suspect = false
        if (breaker?.state.kind === 'closed') breaker.success()
        break
      case 'failed':
        this.#suspect = true
        this.#backOff.failed(clock.elapsed(), result.retryAfterMs)
        if (breaker?.state.kind === 'closed') breaker.failure()
        break
      case 'rejected':
        this.#rejected = true
        this.#backOff.failed(clock.elapsed(), REJECTED_RETRY_MS)
        break
      case 'closed':
        break
    }
  }

  #take(only: ReadonlySet<ApplicationLedger> | undefined): Batch[] {
    const { service, report, provedWithinMs } = this.#options
    const late = this.#rejected ? 'misconfigured' : report.late === 'give-up' ? 'late' : 're-stamp'
    return takeBatches(service, { provedWithinMs, late, only })
  }
}

function smallestWaiting(service: ServiceLedger): ApplicationLedger | undefined {
  let smallest: ApplicationLedger | undefined
  let rows = Number.POSITIVE_INFINITY
  for (const application of service.busyApplications()) {
    if (application.id === undefined) continue
    let own = 0
    eachRow(application.pending, () => void own++)
    eachRow(application.ownTransactions, (row) => {
      if (row.ownTransaction?.awaitsResponse !== true) own++
    })
    if (own > 0 && own < rows) {
      smallest = application
      rows = own
    }
  }
  return smallest
}
