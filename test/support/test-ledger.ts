/** A ledger of one service on a clock that tests move, fed with answers as values. */
import { type Period, windowOf } from '../../packages/core/src/domain/period.ts'
import { createUsageShape, type Usage } from '../../packages/core/src/domain/usage.ts'
import type { UsageReport, Verdict } from '../../packages/core/src/domain/verdict.ts'
import type { ApplicationLedger } from '../../packages/core/src/ledger/application-ledger.ts'
import { createLedger, type Ledger } from '../../packages/core/src/ledger/ledger.ts'
import type { DeclaredMetrics } from '../../packages/core/src/ledger/plan/metric-hierarchy.ts'
import { limitCounts } from '../../packages/core/src/ledger/plan/read-limits.ts'
import type { QuestionStamp, ServiceLedger } from '../../packages/core/src/ledger/service-ledger.ts'
import type { Batch } from '../../packages/core/src/ledger/usage/batch.ts'
import { takeBatches } from '../../packages/core/src/ledger/usage/take-batches.ts'
import { namedUsage, type UsageRow } from '../../packages/core/src/ledger/usage/usage-row.ts'
import type { Loss } from '../../packages/core/src/observe/observer.ts'
import { ManualClock } from './manual-clock.ts'

export type LimitNow = readonly [metric: string, period: Period, max: number, current?: number]

export interface TestLedger {
  readonly clock: ManualClock
  /** The ledger of all services, of which `service` is a part. */
  readonly whole: Ledger
  readonly service: ServiceLedger
  readonly losses: Loss[]
  readonly warnings: string[]
  readonly events: string[]
  /** Applies an answer about an application; the question is sent now unless it is given. */
  learn(id: string, limits: readonly LimitNow[], more?: AnswerDetails): ApplicationLedger
  admit(application: ApplicationLedger, usage: Usage): boolean
  /** Counts as a transaction of its own; without a code it waits for its response. */
  countAsOwn(application: ApplicationLedger, usage: Usage, code?: number): UsageRow | undefined
  /** Sends what waits, gets no answer and takes it back, so that it may be counted twice. */
  resend(): void
  /** The counts of the limits, in their order. */
  known(application: ApplicationLedger): number[]
}

export interface AnswerDetails {
  readonly question?: QuestionStamp
  /** When the backend decided, by its clock; default now. */
  readonly at?: number
  readonly hierarchy?: Record<string, string[]>
  /** Metrics that the answer proves beside the limited ones. */
  readonly metrics?: readonly string[]
}

export interface LedgerOptions {
  readonly now?: string
  readonly maxApplications?: number
  readonly metrics?: DeclaredMetrics
  /** Called when usage begins to wait. */
  readonly onWaiting?: ((records: number) => void) | undefined
}

export const SETTLE_MS = 60_000

export function openLedger(options: LedgerOptions = {}): TestLedger {
  const clock = new ManualClock(options.now ?? '2026-03-10T10:20:30Z')
  const losses: Loss[] = []
  const warnings: string[] = []
  const events: string[] = []
  const whole = createLedger({
    clock,
    settleMs: SETTLE_MS,
    maxApplications: options.maxApplications ?? 100,
    metrics: options.metrics,
    onWaiting: options.onWaiting ?? (() => {}),
    observer: {
      lost: (loss) => void losses.push(loss),
      warn: (code) => void warnings.push(code),
      cached: (event) => void events.push(event),
    },
  })
  const service = whole.service('s1')
  const footprintOf = (application: ApplicationLedger, usage: Usage) =>
    application.planLimits.footprintOf(createUsageShape(usage), clock.now())
  return {
    clock,
    whole,
    service,
    losses,
    warnings,
    events,
    learn(id, limits, { question, at = clock.now(), hierarchy, metrics = [] } = {}) {
      const application = service.application(id)!
      const verdict = verdictOf(limits, at, hierarchy)
      service.apply(application, question ?? whole.stampQuestion(), verdict, metrics)
      return application
    },
    admit: (application, usage) => application.admit(footprintOf(application, usage), service.at(clock.now())),
    countAsOwn: (application, usage, code) =>
      application.countAsOwnTransaction(footprintOf(application, usage), clock.now(), code),
    resend() {
      for (const batch of takeBatches(service, { provedWithinMs: 1e9, late: 're-stamp' })) batch.takeBack(true)
    },
    known: (application) => limitCounts(application, service.at(clock.now())).map(({ current }) => current),
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
