/** Tells the backend what was used: at intervals, when much waits, and for the last time on close. */
import type { Breaker } from '../backend/breaker.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { ServiceLedger } from '../ledger/service-ledger.ts'
import { needsProof } from '../ledger/usage/take-batches.ts'
import type { Observer } from '../observe/observer.ts'
import type { CloseReport } from '../observe/stats.ts'
import type { Clock, Timer } from '../primitives/clock.ts'
import { giveUpRest, releaseAwaitingResponse } from './give-up-rest.ts'
import type { ReportSettings } from './report-settings.ts'
import { ServiceReporter } from './service-reporter.ts'
import { UnansweredBatches } from './unanswered-batches.ts'

export interface ReporterOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly report: ReportSettings
  /** How long a proof of an application or metric is good for in a common batch, milliseconds: twice the cache's ttl. */
  readonly provedWithinMs: number
  readonly breaker: Breaker | undefined
  readonly observer: Pick<Observer, 'reported' | 'called' | 'misconfigured'>
  /** 0 to 1, for jitter. Default Math.random. */
  readonly random?: (() => number) | undefined
}

export interface Reporter {
  /** Sends all that waits and may be sent now. Never rejects. */
  flush(): Promise<void>
  /** Sends until nothing waits or the time is up (milliseconds, default 5000), and says what is left. */
  close(options?: { readonly timeoutMs?: number | undefined }): Promise<CloseReport>
}

/** How long closing takes at most, unless told otherwise, milliseconds. */
export const CLOSE_MS = 5000
const CLOSE_RETRY_MS = { least: 50, most: 1000 }
const MAX_PROOFS_AT_ONCE = 16

/** Starts no timer before something waits. */
export function createReporter(options: ReporterOptions): Reporter {
  return new BatchReporter(options)
}

class BatchReporter implements Reporter {
  readonly #options: ReporterOptions
  readonly #reporters = new Map<ServiceLedger, ServiceReporter>()
  readonly #unanswered: UnansweredBatches
  #timer: Timer | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #flushing: Promise<void> | undefined
  #closing: Promise<CloseReport> | undefined
  #closed = false

  constructor(options: ReporterOptions) {
    this.#options = options
    const { ledger, clock, report, provedWithinMs } = options
    this.#unanswered = new UnansweredBatches({ ledger, clock, ambiguous: report.ambiguous, graceMs: provedWithinMs })
    ledger.onWaiting = (records) => this.#wake(records)
    ledger.flusher = (application) => this.#deskOf(application.service).flushOnly(application)
  }

  flush(): Promise<void> {
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined
      if (this.#closing === undefined) this.#scheduleNext()
    })
    return this.#flushing
  }

  close({ timeoutMs = CLOSE_MS }: { readonly timeoutMs?: number | undefined } = {}): Promise<CloseReport> {
    this.#closing ??= this.#close(timeoutMs)
    return this.#closing
  }

  #wake(records: number): void {
    // What a request brings that was under way. Not at once: its usage is only just being counted.
    if (this.#closed) queueMicrotask(() => giveUpRest(this.#options.ledger))
    if (this.#closing !== undefined || this.#flushing !== undefined) return
    const now = this.#options.clock.elapsed()
    const { maxPending, intervalMs } = this.#options.report
    if (records >= maxPending && this.#readyAt(now) <= now) void this.flush()
    else this.#schedule(now + intervalMs)
  }

  /** When all may send again. */
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
    let at = this.#unanswered.dueAt
    if (ledger.records > 0) {
      if (this.#reporters.size === 0) at = Math.min(at, now + report.intervalMs)
      for (const reporter of this.#reporters.values()) {
        const ready = reporter.mayTryAt(now)
        at = Math.min(at, ready > now ? ready : now + report.intervalMs)
      }
    }
    // What was delivered is forgotten once it is surely counted, also where nothing more comes.
    if (ledger.busy.size > 0) at = Math.min(at, now + Math.max(ledger.settleMs, report.intervalMs))
    if (at < Number.POSITIVE_INFINITY) this.#schedule(at)
  }

  async #flushAll(): Promise<void> {
    const { ledger } = this.#options
    ledger.sweep()
    await this.#unanswered.resolve()
    if (ledger.records === 0) return
    await this.#proveWaiting()
    const hurry = this.#closing !== undefined
    await Promise.all([...ledger.services].map((service) => this.#deskOf(service).flush(hurry)))
  }

  async #proveWaiting(): Promise<void> {
    const { ledger, provedWithinMs } = this.#options
    const open = [...ledger.busy].filter(
      (application) => application.id === undefined || needsProof(application, provedWithinMs),
    )
    const askNext = async (): Promise<void> => {
      for (let next = open.pop(); next !== undefined; next = open.pop()) await ledger.asker?.(next)
    }
    await Promise.all(Array.from({ length: Math.min(MAX_PROOFS_AT_ONCE, open.length) }, askNext))
  }

  #deskOf(service: ServiceLedger): ServiceReporter {
    let reporter = this.#reporters.get(service)
    if (reporter === undefined) {
      const { random = Math.random } = this.#options
      reporter = new ServiceReporter({
        ...this.#options,
        service,
        random,
        onUnanswered: (batch) => this.#unanswered.add(batch),
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
    let deadline: Timer | undefined
    const end = new Promise<void>((resolve) => {
      deadline = clock.schedule(() => {
        timeIsUp = true
        resolve()
      }, timeoutMs)
    })
    // The clock's timers let the process end; whoever awaits close() wants it to go on until then.
    const awake = setTimeout(() => {}, timeoutMs)
    const deliver = async (): Promise<void> => {
      await this.#flushing
      while (!timeIsUp) {
        await this.flush()
        if (ledger.records === 0) return
        const wait = Math.max(CLOSE_RETRY_MS.least, this.#readyAt(clock.elapsed()) - clock.elapsed())
        await new Promise<void>((resolve) => {
          clock.schedule(resolve, Math.min(wait, CLOSE_RETRY_MS.most))
        })
      }
    }
    await Promise.race([deliver(), end])
    clearTimeout(awake)
    deadline?.cancel()
    this.#closed = true
    return { undelivered: giveUpRest(ledger) }
  }
}
