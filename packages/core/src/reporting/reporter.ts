/** Reports usage to the backend: at intervals, when too much waits, and a last time on close. */
import type { Breaker } from '../backend/breaker.ts'
import { CLOSE_MS } from '../defaults.ts'
import type { ApplicationLedger } from '../ledger/application-ledger.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { ServiceLedger } from '../ledger/service-ledger.ts'
import type { Observer } from '../observe/observer.ts'
import type { CloseReport } from '../observe/stats.ts'
import { atMost } from '../primitives/at-most.ts'
import type { Clock, Timer } from '../primitives/clock.ts'
import { AcknowledgedBatches } from './acknowledged-batches.ts'
import { giveUpRest, releaseAwaitingResponse } from './give-up-rest.ts'
import { proofHoldsMs, proveWaiting } from './prove-waiting.ts'
import type { ReportSettings } from './report-settings.ts'
import type { ReportClient } from './send-batch.ts'
import { ServiceReporter } from './service-reporter.ts'
import { UnansweredBatches } from './unanswered-batches.ts'

export interface ReporterOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly report: ReportSettings
  /** How often callers with requests are asked about anyway: the cache's ttl, in milliseconds. */
  readonly ttlMs: number
  readonly breaker: Breaker | undefined
  readonly observer: Pick<Observer, 'reported' | 'called' | 'misconfigured'>
  /** The client that reports the usage of a service. */
  readonly clientOf: (service: string | undefined) => ReportClient
  /** Whether the backend answers an `authorize` about an application; counts nothing. Never rejects. */
  readonly answers: (service: string | undefined, applicationId: string) => Promise<boolean>
  /** Asks the backend about an application and applies the answer. False when no answer came. Never rejects. */
  readonly prove: (application: ApplicationLedger) => Promise<boolean>
  /** 0 to 1, for jitter. Default Math.random. */
  readonly random?: (() => number) | undefined
}

export interface Reporter {
  /** Plans the next report. To be called when usage begins to wait, and for each further record. */
  wake(records: number): void
  /** Sends all waiting usage that may be sent now. Never rejects. */
  flush(): Promise<void>
  /** Sends the waiting usage of one application, except during the pause after a failure. Never rejects. */
  flushOnly(application: ApplicationLedger): Promise<void>
  /** Sends until nothing waits or the time is up (milliseconds, default 5000), and returns what is left. */
  close(options?: { readonly timeoutMs?: number | undefined }): Promise<CloseReport>
}

const CLOSE_RETRY_MS = { min: 50, max: 1000 }

/** Starts no timer before usage waits. */
export function createReporter(options: ReporterOptions): Reporter {
  return new BatchReporter(options)
}

class BatchReporter implements Reporter {
  readonly #options: ReporterOptions
  readonly #reporters = new Map<ServiceLedger, ServiceReporter>()
  readonly #unanswered: UnansweredBatches
  readonly #acknowledged: AcknowledgedBatches
  #timer: Timer | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #flushing: Promise<void> | undefined
  #closing: Promise<CloseReport> | undefined
  #closed = false

  constructor(options: ReporterOptions) {
    this.#options = options
    const { ledger, clock, report, ttlMs, prove } = options
    const { settleMs, batches } = ledger
    const { ambiguous } = report
    const { unanswered } = batches
    this.#unanswered = new UnansweredBatches({
      batches: unanswered,
      clock,
      settleMs,
      ambiguous,
      graceMs: 2 * ttlMs,
      prove,
    })
    this.#acknowledged = new AcknowledgedBatches({ batches, clock, settleMs, graceMs: ttlMs, prove })
  }

  wake(records: number): void {
    // Usage of a request that was still under way. It is given up a microtask later, when it has been counted.
    if (this.#closed) queueMicrotask(() => giveUpRest(this.#options.ledger))
    if (this.#closing !== undefined || this.#flushing !== undefined) return
    const now = this.#options.clock.elapsed()
    const { maxPending, intervalMs } = this.#options.report
    if (records >= maxPending && this.#readyAt(now) <= now) void this.flush()
    else this.#schedule(now + intervalMs)
  }

  flush(): Promise<void> {
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined
      if (this.#closing === undefined) this.#scheduleNext()
    })
    return this.#flushing
  }

  flushOnly(application: ApplicationLedger): Promise<void> {
    const service = this.#options.ledger.service(application.service.id)
    return this.#reporterOf(service).flushOnly(application)
  }

  close({ timeoutMs = CLOSE_MS }: { readonly timeoutMs?: number | undefined } = {}): Promise<CloseReport> {
    this.#closing ??= this.#close(timeoutMs)
    return this.#closing
  }

  /** When all services may send again, by elapsed time. */
  #readyAt(now: number): number {
    let ready = now
    for (const reporter of this.#reporters.values()) ready = Math.max(ready, reporter.mayTryAt(now))
    return ready
  }

  #schedule(at: number): void {
    if (this.#timer !== undefined && this.#timerAt <= at) return
    this.#timer?.cancel()
    this.#timerAt = at
    const { clock } = this.#options
    const task = () => {
      this.#timer = undefined
      void this.flush()
    }
    this.#timer = clock.schedule(task, Math.max(0, at - clock.elapsed()))
  }

  #scheduleNext(): void {
    const { ledger, clock, report } = this.#options
    const now = clock.elapsed()
    let at = Math.min(this.#unanswered.dueAt, this.#acknowledged.dueAt)
    if (ledger.records > 0) {
      if (this.#reporters.size === 0) at = Math.min(at, now + report.intervalMs)
      for (const reporter of this.#reporters.values()) {
        const ready = reporter.mayTryAt(now)
        at = Math.min(at, ready > now ? ready : now + report.intervalMs)
      }
    }
    // Acknowledged usage is forgotten once it is surely counted, even when no further request comes.
    if (ledger.busy.size > 0) at = Math.min(at, now + Math.max(ledger.settleMs, report.intervalMs))
    if (at < Number.POSITIVE_INFINITY) this.#schedule(at)
  }

  async #flushAll(): Promise<void> {
    const { ledger, clock, report, ttlMs, prove } = this.#options
    const began = clock.elapsed()
    ledger.sweep()
    await this.#unanswered.resolve()
    if (ledger.records > 0) {
      await proveWaiting(ledger, { intervalMs: report.intervalMs, ttlMs }, prove)
      const ignorePause = this.#closing !== undefined
      await Promise.all(
        [...ledger.services].map((service) => this.#reporterOf(service).flush(ignorePause, clock.elapsed() - began)),
      )
    }
    if (this.#closing === undefined) void this.#proveAcknowledged()
  }

  /** Not a part of the flush, which delivers usage and must not wait for this. */
  async #proveAcknowledged(): Promise<void> {
    await this.#acknowledged.prove()
    if (this.#closing === undefined && this.#flushing === undefined) this.#scheduleNext()
  }

  #reporterOf(service: ServiceLedger): ServiceReporter {
    let reporter = this.#reporters.get(service)
    if (reporter === undefined) {
      const { clientOf, random = Math.random, report, ttlMs } = this.#options
      reporter = new ServiceReporter({
        ...this.#options,
        service,
        client: clientOf(service.id),
        random,
        provedWithinMs: Math.max(proofHoldsMs({ intervalMs: report.intervalMs, ttlMs }), ttlMs),
      })
      this.#reporters.set(service, reporter)
    }
    return reporter
  }

  async #close(timeoutMs: number): Promise<CloseReport> {
    const { clock, ledger } = this.#options
    this.#timer?.cancel()
    releaseAwaitingResponse(ledger)
    let timeIsUp = false
    const deliver = async (): Promise<void> => {
      await this.#flushing
      while (!timeIsUp) {
        await this.flush()
        if (ledger.records === 0) return
        const wait = Math.max(CLOSE_RETRY_MS.min, this.#readyAt(clock.elapsed()) - clock.elapsed())
        await new Promise<void>((resolve) => {
          clock.schedule(resolve, Math.min(wait, CLOSE_RETRY_MS.max))
        })
      }
    }
    await atMost(timeoutMs, deliver(), clock)
    timeIsUp = true
    this.#closed = true
    return { undelivered: giveUpRest(ledger) }
  }
}
