/** Reports usage to the backend: at intervals, when too much waits, and a last time on close. */
import { CLOSE_MS } from '../defaults.ts'
import type { ApplicationLedger } from '../ledger/application-ledger.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { ServiceLedger } from '../ledger/service-ledger.ts'
import type { CloseReport } from '../observe/stats.ts'
import { captureContext } from '../primitives/async-context.ts'
import type { Timer } from '../primitives/clock.ts'
import { Slice } from '../primitives/slice.ts'
import { AcknowledgedBatches } from './acknowledged-batches.ts'
import { forgetSettled } from './forget-settled.ts'
import { givesUpLate, giveUpRest, leaveRest, leftOf, releaseAwaitingResponse } from './give-up-rest.ts'
import { proofHoldsMs, proveWaiting } from './prove-waiting.ts'
import { repeatUntil } from './repeat-until.ts'
import type { ReportClient } from './send-batch.ts'
import { ServiceReporter, type ServiceReporterOptions } from './service-reporter.ts'
import { UnansweredBatches } from './unanswered-batches.ts'

export interface ReporterOptions
  extends Omit<ServiceReporterOptions, 'service' | 'client' | 'provedWithinMs' | 'random'> {
  readonly ledger: Ledger
  /** How long usage that begins to wait is collected before it is sent, in milliseconds. Default `report.intervalMs`. */
  readonly collectMs?: number | undefined
  /** Told when usage begins to wait, and when all of it is settled. */
  readonly onWaiting?: ((waits: boolean) => void) | undefined
  /** How often callers with requests are asked about anyway: the cache's ttl, in milliseconds. */
  readonly ttlMs: number
  /** The client that reports the usage of a service at the moment. */
  readonly clientOf: (service: ServiceLedger) => ReportClient
  /** Asks the backend about an application and applies the answer. False when no answer came. Never rejects. */
  readonly prove: (application: ApplicationLedger) => Promise<boolean>
  /** Leaves what is not delivered at the end to the next process; false where it cannot. Default: it cannot. */
  readonly leave?: (() => Promise<boolean>) | undefined
  /** 0 to 1, for jitter. Default Math.random. */
  readonly random?: (() => number) | undefined
}

export interface Reporter {
  /** How long the pause after a failure still lasts, in milliseconds; 0: a report may be sent. */
  readonly pausedMs: number
  /** Plans the next report. To be called when usage begins to wait, and for each further record. */
  wake(records: number): void
  /** Sends all waiting usage that may be sent now. Never rejects. */
  flush(): Promise<void>
  /** Sends the waiting usage of one application, except during the pause after a failure. Never rejects. */
  flushOnly(application: ApplicationLedger): Promise<void>
  /**
   * Sends what waits now until it is acknowledged or the time is up (milliseconds, default 5000), and returns what is
   * left. Never rejects.
   */
  deliver(options?: { readonly timeoutMs?: number | undefined }): Promise<CloseReport>
  /** Sends until nothing waits or the time is up (milliseconds, default 5000), and gives up what is left. */
  close(options?: { readonly timeoutMs?: number | undefined }): Promise<CloseReport>
}

/** Starts no timer before usage waits. */
export function createReporter(options: ReporterOptions): Reporter {
  return new BatchReporter(options)
}

class BatchReporter implements Reporter {
  readonly #options: ReporterOptions
  readonly #reporters = new Map<ServiceLedger, ServiceReporter>()
  readonly #unanswered: UnansweredBatches
  readonly #acknowledged: AcknowledgedBatches
  readonly #giveUpLate: () => void
  readonly #inOwnContext = captureContext()
  readonly #turns = new Slice()
  #timer: Timer | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #flushing: Promise<void> | undefined
  /** Usage began to wait after the flush under way had begun. */
  #wokenAgain = false
  #waits = false
  /** Callers that wait for what they have, so that no pause is made after a failure. */
  #urgent = 0
  #closing: Promise<CloseReport> | undefined
  #closed = false

  constructor(options: ReporterOptions) {
    this.#options = options
    const { ledger, clock, report, ttlMs, prove } = options
    const asking = { clock, prove, batches: ledger.batches, settleMs: ledger.settleMs }
    this.#giveUpLate = givesUpLate(ledger, this.#turns)
    this.#unanswered = new UnansweredBatches({ ...asking, ambiguous: report.ambiguous, graceMs: 2 * ttlMs })
    this.#acknowledged = new AcknowledgedBatches({ ...asking, graceMs: ttlMs })
  }

  wake(records: number): void {
    // Usage of a request that was still under way. It is given up a microtask later, when it has been counted.
    if (this.#closed) this.#giveUpLate()
    else this.#noteWaiting(true)
    if (this.#flushing !== undefined) this.#wokenAgain = true
    if (this.#closing !== undefined || this.#flushing !== undefined) return
    const now = this.#options.clock.elapsed()
    if (records >= this.#options.report.maxPending && this.#readyAt(now) <= now) void this.flush()
    else this.#schedule(now + this.#collectMs)
  }

  flush(): Promise<void> {
    this.#flushing ??= this.#inOwnContext(() => this.#flushAll()).finally(() => {
      this.#flushing = undefined
      if (this.#options.ledger.busy.size === 0) this.#noteWaiting(false)
      if (this.#closing === undefined) this.#scheduleNext()
      this.#wokenAgain = false
    })
    return this.#flushing
  }

  flushOnly(application: ApplicationLedger): Promise<void> {
    const reporter = this.#reporterOf(application.service as ServiceLedger)
    return this.#inOwnContext(() => reporter.flushOnly(application, new Slice(this.#turns)))
  }

  async deliver({ timeoutMs = CLOSE_MS }: { readonly timeoutMs?: number | undefined } = {}): Promise<CloseReport> {
    const { ledger } = this.#options
    const before = ledger.balance()
    const delivered = () =>
      Object.entries(ledger.balance()).every(
        ([metric, { admitted, pending }]) => pending <= admitted - (before[metric]?.admitted ?? 0),
      )
    await this.#deliverUntil(delivered, timeoutMs)
    return { undelivered: leftOf(ledger) }
  }

  close({ timeoutMs = CLOSE_MS }: { readonly timeoutMs?: number | undefined } = {}): Promise<CloseReport> {
    this.#closing ??= this.#close(timeoutMs)
    return this.#closing
  }

  get pausedMs(): number {
    const now = this.#options.clock.elapsed()
    return this.#readyAt(now) - now
  }

  get #collectMs(): number {
    const { collectMs, report } = this.#options
    return collectMs ?? report.intervalMs
  }

  #noteWaiting(waits: boolean): void {
    if (this.#waits === waits) return
    this.#waits = waits
    this.#options.onWaiting?.(waits)
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
    this.#timer = this.#inOwnContext(() => clock.schedule(task, Math.max(0, at - clock.elapsed())))
  }

  #scheduleNext(): void {
    const { ledger, clock, report } = this.#options
    const now = clock.elapsed()
    let at = Math.min(this.#unanswered.dueAt, this.#acknowledged.dueAt)
    if (ledger.records > 0) {
      const again = now + (this.#wokenAgain ? this.#collectMs : report.intervalMs)
      if (this.#reporters.size === 0) at = Math.min(at, again)
      for (const reporter of this.#reporters.values()) {
        const ready = reporter.mayTryAt(now)
        at = Math.min(at, ready > now ? ready : again)
      }
    }
    // Acknowledged usage is forgotten once it is surely counted, even when no further request comes.
    if (ledger.busy.size > 0) at = Math.min(at, now + Math.max(ledger.settleMs, report.intervalMs))
    if (at < Number.POSITIVE_INFINITY) this.#schedule(at)
  }

  async #flushAll(): Promise<void> {
    const { ledger, clock, report, ttlMs, prove } = this.#options
    const began = clock.elapsed()
    // One for all phases: each of them with its own would hold the loop for the sum of their slices.
    const slice = new Slice(this.#turns)
    await forgetSettled(ledger, slice)
    await this.#unanswered.resolve(slice)
    if (ledger.records > 0) {
      await proveWaiting(ledger, { intervalMs: report.intervalMs, ttlMs }, prove, slice)
      const ignorePause = this.#urgent > 0
      await Promise.all(
        [...ledger.services].map((service) =>
          this.#reporterOf(service).flush(ignorePause, clock.elapsed() - began, slice),
        ),
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
        get client() {
          return clientOf(service)
        },
        random,
        provedWithinMs: Math.max(proofHoldsMs({ intervalMs: report.intervalMs, ttlMs }), ttlMs),
      })
      this.#reporters.set(service, reporter)
    }
    return reporter
  }

  async #close(timeoutMs: number): Promise<CloseReport> {
    const { ledger } = this.#options
    this.#timer?.cancel()
    await releaseAwaitingResponse(ledger, new Slice(this.#turns))
    await this.#deliverUntil(() => ledger.records === 0, timeoutMs)
    await this.#acknowledged.doubtVanished(new Slice(this.#turns))
    const left = await this.#options.leave?.()
    this.#closed = true
    const undelivered = left === true ? leaveRest(ledger) : await giveUpRest(ledger, new Slice(this.#turns))
    this.#noteWaiting(false)
    return { undelivered }
  }

  async #deliverUntil(delivered: () => boolean, timeoutMs: number): Promise<void> {
    const { clock } = this.#options
    this.#urgent += 1
    const task = async () => {
      // It may have begun before the last usage came.
      await Promise.all([this.#flushing, ...[...this.#reporters.values()].map((reporter) => reporter.idle())])
      await this.flush()
    }
    await repeatUntil(delivered, { task, mayTryInMs: () => this.pausedMs, timeoutMs, clock })
    this.#urgent -= 1
  }
}
