/** Reports the usage of one service, and remembers whether its last report succeeded. */
import type { Breaker } from '../backend/breaker.ts'
import { MAX_RETRY_AFTER_MS } from '../defaults.ts'
import type { ApplicationLedger } from '../ledger/application-ledger.ts'
import type { ServiceLedger } from '../ledger/service-ledger.ts'
import type { Batch } from '../ledger/usage/batch.ts'
import { compact } from '../ledger/usage/compact.ts'
import { isPaused } from '../ledger/usage/sent-row.ts'
import { eachBatch, type TakeOptions } from '../ledger/usage/take-batches.ts'
import type { UsageRow } from '../ledger/usage/usage-row.ts'
import { eachRow } from '../ledger/usage/waiting-rows.ts'
import { Slice } from '../primitives/slice.ts'
import { type BackOff, createBackOff } from './back-off.ts'
import type { ReportSettings } from './report-settings.ts'
import { LARGE_BATCH, type SendOptions, type SendResult, sendBatch } from './send-batch.ts'

export interface ServiceReporterOptions extends SendOptions {
  readonly service: ServiceLedger
  readonly report: ReportSettings
  /** How long proved applications and metrics may share a batch, in milliseconds. */
  readonly provedWithinMs: number
  /**
   * How much older their proofs may be, in milliseconds: the reporter of a fleet cannot ask about a caller that only
   * others know, and they ask when it suits them. Default 0.
   */
  readonly othersProofsMs?: number | undefined
  readonly breaker: Breaker | undefined
  /** Whether the backend answers an `authorize` about an application; counts nothing. Never rejects. */
  readonly answers: (service: ServiceLedger, applicationId: string) => Promise<boolean>
  /** 0 to 1, for jitter. */
  readonly random: () => number
}

const FIRST_RETRY_MS = 500
const MAX_RETRY_MS = 10_000
const REJECTED_RETRY_MS = 30_000

export class ServiceReporter {
  readonly #options: ServiceReporterOptions
  readonly #backOff: BackOff
  /** The last report was refused because of our credentials. */
  #rejected = false
  /** The last report failed: the next flush sends an `authorize` first, then a small batch, then the rest. */
  #failedLast = false
  /** Reports of single applications that are under way. */
  readonly #flushingOnly = new Set<Promise<boolean>>()

  constructor(options: ServiceReporterOptions) {
    this.#options = options
    this.#backOff = createBackOff(FIRST_RETRY_MS, MAX_RETRY_MS, options.random)
  }

  /** When the next report may be sent, by elapsed time; `now` where there is nothing to wait for. */
  mayTryAt(now: number): number {
    return this.#backOff.dueAt(now)
  }

  /**
   * Sends all waiting usage.
   *
   * @param ignorePause whether to send also during the pause after a failure.
   * @param beganMs how long ago the flush began, so that what its questions have proved is not too old already.
   * @param slice what the flush has used of its turn.
   */
  async flush(ignorePause: boolean, beganMs = 0, slice: Slice = new Slice()): Promise<void> {
    const now = this.#options.clock.elapsed()
    if (!ignorePause && this.#backOff.dueAt(now) > now) return
    if (this.#failedLast && !(await this.#tryOne(slice))) return
    await this.#sendAll(this.#take({ paused: ignorePause }, beganMs), slice)
  }

  /**
   * Sends the waiting usage of one application, except during the pause after a failure.
   *
   * @param slice what the work has used of its turn.
   */
  async flushOnly(application: ApplicationLedger, slice: Slice = new Slice()): Promise<void> {
    const now = this.#options.clock.elapsed()
    if (this.#failedLast || this.#backOff.dueAt(now) > now) return
    const sending = this.#sendAll(this.#take({ only: new Set([application]) }, 0), slice)
    this.#flushingOnly.add(sending)
    await sending
    this.#flushingOnly.delete(sending)
  }

  /** Resolves after every report of a single application that is under way has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#flushingOnly)
  }

  /**
   * Probes with `authorize`, then with one small batch. If the backend is still down, an `authorize` loses nothing,
   * while a report might be counted and its answer lost. So an outage makes at most one batch ambiguous.
   */
  async #tryOne(slice: Slice): Promise<boolean> {
    const { service, clock, answers } = this.#options
    const smallest = await smallestWaiting(service, slice)
    if (smallest === undefined) return false
    if (!(await answers(service, smallest.id!))) {
      this.#backOff.failed(clock.elapsed())
      for (const application of service.busyApplications()) {
        compact(application)
        if (slice.over) await slice.rest()
      }
      return false
    }
    const { value: first } = this.#take({ only: new Set([smallest]) }, 0).next()
    return first === undefined || (await this.#sendAll([first], slice))
  }

  /** @returns false when the backend takes no more; all usage that was not taken yet waits on. */
  async #sendAll(batches: Iterable<Batch>, slice: Slice): Promise<boolean> {
    if (slice.over) await slice.rest()
    for (const batch of batches) {
      if (slice.over || batch.rows.length > LARGE_BATCH) await slice.rest()
      // Given up during the rest, because the gateway closed.
      if (batch.state !== 'inFlight') return false
      const result = await sendBatch(batch, this.#options, slice)
      this.#note(result)
      if (result.kind !== 'delivered') return false
      if (slice.over) await slice.rest()
    }
    return true
  }

  #note(result: SendResult): void {
    const { breaker, clock } = this.#options
    switch (result.kind) {
      case 'delivered':
        this.#backOff.succeeded()
        this.#rejected = false
        this.#failedLast = false
        if (breaker?.state.kind === 'closed') breaker.success()
        break
      case 'failed':
        this.#failedLast = true
        this.#backOff.failed(clock.elapsed(), Math.min(result.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS))
        if (result.outage && breaker?.state.kind === 'closed') breaker.failure()
        break
      case 'rejected':
        this.#rejected = true
        this.#backOff.failed(clock.elapsed(), REJECTED_RETRY_MS)
        break
      case 'withheld':
      case 'closed':
        break
    }
  }

  #take(which: Pick<TakeOptions, 'only' | 'paused'>, beganMs: number): Generator<Batch, void, undefined> {
    const { service, report, provedWithinMs, othersProofsMs = 0 } = this.#options
    const late = this.#rejected ? 'misconfigured' : report.late === 'give-up' ? 'late' : 're-stamp'
    return eachBatch(service, { provedWithinMs: provedWithinMs + othersProofsMs + beganMs, late, ...which })
  }
}

async function smallestWaiting(service: ServiceLedger, slice: Slice): Promise<ApplicationLedger | undefined> {
  let smallest: ApplicationLedger | undefined
  let fewest = Number.POSITIVE_INFINITY
  for (const application of service.busyApplications()) {
    if (slice.over) await slice.rest()
    if (application.id === undefined || isPaused(application.id, application.sent)) continue
    let rows = 0
    const count = (row: UsageRow) => {
      if (row.ownTransaction?.awaitsResponse !== true) rows++
    }
    eachRow(application.pending, count)
    eachRow(application.ownTransactions, count)
    if (rows === 0 || rows >= fewest) continue
    smallest = application
    fewest = rows
    if (fewest === 1) break
  }
  return smallest
}
