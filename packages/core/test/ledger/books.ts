/** A ledger of one service on a clock that tests move, fed with answers as values. */
import { type Period, windowOf } from '../../src/domain/period.ts'
import { createUsageShape, type Usage } from '../../src/domain/usage.ts'
import type { UsageReport, Verdict } from '../../src/domain/verdict.ts'
import type { ApplicationLedger } from '../../src/ledger/application-ledger.ts'
import { createLedger, type Ledger } from '../../src/ledger/ledger.ts'
import type { DeclaredMetrics } from '../../src/ledger/plan/metric-hierarchy.ts'
import { usageReports } from '../../src/ledger/plan/read-limits.ts'
import type { QuestionStamp, ServiceLedger } from '../../src/ledger/service-ledger.ts'
import type { Batch } from '../../src/ledger/usage/batch.ts'
import { namedUsage } from '../../src/ledger/usage/usage-row.ts'
import type { Loss } from '../../src/observe/observer.ts'
import type { Clock } from '../../src/primitives/clock.ts'

export interface TestClock extends Clock {
  /** Lets time pass, and runs what becomes due. */
  advance(ms: number): void
  /** Sets the clock forward or back; no time passes. */
  set(byMs: number): void
  readonly timers: number
}

export type LimitNow = readonly [metric: string, period: Period, max: number, current?: number]

export interface Books {
  readonly clock: TestClock
  readonly ledger: Ledger
  readonly service: ServiceLedger
  readonly losses: Loss[]
  readonly warnings: string[]
  readonly events: string[]
  /** Applies an answer about an application; the question is sent now unless it is given. */
  learn(id: string, limits: readonly LimitNow[], more?: CallerStatus): ApplicationLedger
  admit(application: ApplicationLedger, usage: Usage): boolean
  /** The counts of the limits, in their order. */
  known(application: ApplicationLedger): number[]
}

export interface CallerStatus {
  readonly question?: QuestionStamp
  /** When the backend decided, by its clock; default now. */
  readonly at?: number
  readonly hierarchy?: Record<string, string[]>
  /** Metrics that the answer proves beside the limited ones. */
  readonly metrics?: readonly string[]
}

export interface BooksOptions {
  readonly now?: string
  readonly maxApplications?: number
  readonly metrics?: DeclaredMetrics
  /** Called when usage begins to wait. */
  readonly onWaiting?: (records: number) => void
}

export const SETTLE_MS = 60_000

export function openBooks(options: BooksOptions = {}): Books {
  const clock = createTestClock(Date.parse(options.now ?? '2026-03-10T10:20:30Z'))
  const losses: Loss[] = []
  const warnings: string[] = []
  const events: string[] = []
  const ledger = createLedger({
    clock,
    settleMs: SETTLE_MS,
    maxApplications: options.maxApplications ?? 100,
    metrics: options.metrics,
    onWaiting: (records) => options.onWaiting?.(records),
    observer: {
      lost: (loss) => void losses.push(loss),
      warn: (code) => void warnings.push(code),
      cached: (event) => void events.push(event),
    },
  })
  const service = ledger.service('s1')
  return {
    clock,
    ledger,
    service,
    losses,
    warnings,
    events,
    learn(id, limits, { question, at = clock.now(), hierarchy, metrics = [] } = {}) {
      const application = service.application(id)!
      const verdict = verdictOf(limits, at, hierarchy)
      service.apply(application, question ?? ledger.stampQuestion(), verdict, metrics)
      return application
    },
    admit(application, usage) {
      const now = clock.now()
      const footprint = application.planLimits.footprintOf(createUsageShape(usage), now)
      return application.admit(footprint, service.at(now))
    },
    known: (application) => usageReports(application, service.at(clock.now())).map(({ current }) => current),
  }
}

/** Amounts of a batch by metric name. */
export function usageOf({ rows, service }: Batch): Record<string, number> {
  return namedUsage(
    rows.map(({ row }) => row),
    service.metrics,
  )
}

export function reportOf([metric, period, max, current = 0]: LimitNow, at: number): UsageReport {
  const { start, end } = windowOf(period, at)
  const eternal = period === 'eternity'
  return {
    metric,
    period,
    max,
    current,
    start: eternal ? undefined : new Date(start),
    end: eternal ? undefined : new Date(end),
    exceeded: current > max,
  }
}

export function verdictOf(limits: readonly LimitNow[], at: number, hierarchy?: Record<string, string[]>): Verdict {
  return {
    authorized: true,
    status: 200,
    readable: true,
    plan: 'Basic',
    application: { id: undefined, key: undefined, redirectUrl: undefined },
    usageReports: limits.map((limit) => reportOf(limit, at)),
    hierarchy: hierarchy === undefined ? undefined : new Map(Object.entries(hierarchy)),
    appKeys: undefined,
    limit: undefined,
  }
}

/** Adds up law 8 for every metric; empty when it holds. */
export function imbalance(ledger: Ledger): Record<string, number> {
  const differences: Record<string, number> = {}
  for (const [metric, sums] of Object.entries(ledger.sums())) {
    const { admitted, acknowledged, inFlight, ambiguous, pending, givenUp } = sums
    const difference = admitted - (acknowledged + inFlight + ambiguous + pending + givenUp)
    if (difference !== 0) differences[metric] = difference
  }
  return differences
}

function createTestClock(start: number): TestClock {
  let offset = start
  let elapsed = 0
  const waiting = new Set<{ at: number; task: () => void }>()
  return {
    now: () => offset + elapsed,
    elapsed: () => elapsed,
    schedule(task, delayMs) {
      const timer = { at: elapsed + delayMs, task }
      waiting.add(timer)
      return { cancel: () => void waiting.delete(timer) }
    },
    get timers() {
      return waiting.size
    },
    advance(ms) {
      elapsed += ms
      for (const timer of [...waiting].filter(({ at }) => at <= elapsed)) {
        waiting.delete(timer)
        timer.task()
      }
    },
    set(byMs) {
      offset += byMs
    },
  }
}
