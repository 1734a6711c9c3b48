/** What the applications of one service share: its time, metrics, their tree, the limits of its plans, the sums. */
import type { RememberedDenial } from '../domain/remembered-denial.ts'
import type { UsageShape } from '../domain/usage.ts'
import type { Verdict } from '../domain/verdict.ts'
import { detachString } from '../primitives/detach-string.ts'
import { applyAnswer } from './answers/apply-answer.ts'
import { dropFutureWindows } from './answers/drop-future-windows.ts'
import { ApplicationLedger, type LedgerState, type ServiceState } from './application-ledger.ts'
import { type DeclaredMetrics, MetricHierarchy } from './plan/metric-hierarchy.ts'
import { addAmount, MetricTable, type UsageTotals } from './plan/metric-table.ts'
import { type Limit, PlanLimits } from './plan/plan-limits.ts'
import { ServiceTime, sharedWindow } from './plan/service-time.ts'
import { compact } from './usage/compact.ts'
import { confirmSent, doubtMetric } from './usage/doubt.ts'
import { retell } from './usage/retell.ts'
import { takeWaiting } from './usage/waiting-rows.ts'

/** Older answers do not tell the time, in milliseconds. */
const MAX_ANSWER_AGE_MS = 60_000

/** When a question was sent, so that answers can be put in order. */
export interface QuestionStamp {
  /** Orders questions by when they were sent. */
  readonly number: number
  /** When it was sent, by our clock. */
  readonly askedAt: number
  /** When it was sent, by elapsed time. */
  readonly sentAt: number
}

/** What a service needs of the ledger that it belongs to. */
export interface ServicesState extends LedgerState {
  /** Applications with usage that waits or is unsettled. */
  readonly busy: ReadonlySet<ApplicationLedger>
  /** Number of the newest question. */
  readonly lastQuestion: number
  /** To be called right before a question is sent. */
  stampQuestion(): QuestionStamp
  /** Makes sure that one more application fits; false when it does not. */
  makeRoom(): boolean
  /** Counts an application among those that may be evicted. */
  entered(application: ApplicationLedger): void
}

export class ServiceLedger implements ServiceState {
  readonly ledger: ServicesState
  readonly id: string | undefined
  readonly time: ServiceTime = new ServiceTime()
  readonly metrics: MetricTable = new MetricTable()
  readonly hierarchy: MetricHierarchy
  readonly applications: Map<string, ApplicationLedger> = new Map()
  denial: RememberedDenial | undefined = undefined
  epoch = 0
  readonly unlimited: PlanLimits
  readonly sums: UsageTotals = { admitted: [], acknowledged: [], givenUp: [] }
  readonly #planLimits = new Map<string, PlanLimits>()
  readonly #overflows = new Map<string, ApplicationLedger>()

  /** @param id undefined: a provider's default service. */
  constructor(ledger: ServicesState, id: string | undefined, declared: DeclaredMetrics | undefined) {
    this.ledger = ledger
    this.id = id
    this.hierarchy = new MetricHierarchy(declared)
    this.unlimited = new PlanLimits([], this.metrics, this.hierarchy)
  }

  /** The service's time when our clock shows `own`. */
  at(own: number): number {
    return this.time.at(own)
  }

  /** The ledger of an application by its `storageKey`; undefined when all that is kept must not be forgotten. */
  application(id: string): ApplicationLedger | undefined {
    const known = this.applications.get(id)
    if (known !== undefined) return known
    if (!this.ledger.makeRoom()) return undefined
    const application = new ApplicationLedger(this, detachString(id))
    this.applications.set(application.id!, application)
    this.ledger.entered(application)
    return application
  }

  /**
   * Holds usage of an application that there is no room for. It is forgotten once the usage is reported.
   *
   * @param provedAt when the answer that proved it was asked for, by elapsed time.
   */
  overflow(id: string, provedAt: number): ApplicationLedger {
    let application = this.#overflows.get(id)
    if (application === undefined) {
      application = new ApplicationLedger(this, id)
      application.evicted = true
      this.keepOverflow(application)
    }
    application.provedAt = provedAt
    return application
  }

  keepOverflow(application: ApplicationLedger): void {
    const { id } = application
    if (id !== undefined && !this.#overflows.has(id)) this.#overflows.set(id, application)
  }

  /** The ledger of an application without room; undefined when none of its usage is on its way. */
  overflowOf(id: string | undefined): ApplicationLedger | undefined {
    return id === undefined ? undefined : this.#overflows.get(id)
  }

  dropOverflow(application: ApplicationLedger): void {
    if (this.#overflows.get(application.id!) === application) this.#overflows.delete(application.id!)
  }

  /**
   * Applies an answer: its usage reports, or the fact that the plan has no limits.
   *
   * @param metrics the metrics that the answer proved to exist.
   */
  apply(application: ApplicationLedger, question: QuestionStamp, verdict: Verdict, metrics: readonly string[]): void {
    const { usageReports: reports, hierarchy } = verdict
    this.learnTime(question, verdict)
    this.prove(metrics, question.sentAt)
    this.prove(new Set(reports.map(({ metric }) => metric)), question.sentAt)
    if (hierarchy !== undefined && this.hierarchy.learn(hierarchy, question.askedAt)) this.forgetFootprints()
    proveApplication(application, question)
    const overflow = this.overflowOf(application.id)
    if (overflow !== undefined) proveApplication(overflow, question)
    if (verdict.plan !== undefined && verdict.plan !== application.plan) application.plan = detachString(verdict.plan)
    const answer = { question: question.number, sentAt: question.sentAt, reports }
    applyAnswer(application, answer, this.at(this.ledger.clock.now()))
  }

  /** Applies an answer about an application that is not kept. `metrics` as for `apply`. */
  applyToOverflow(id: string | undefined, question: QuestionStamp, verdict: Verdict, metrics: readonly string[]): void {
    this.learnTime(question, verdict)
    this.prove(metrics, question.sentAt)
    const overflow = this.overflowOf(id)
    if (overflow !== undefined) proveApplication(overflow, question)
  }

  /** Learns from the windows of an answer what the backend's clock shows. One that is not readable teaches nothing. */
  learnTime({ number, sentAt }: QuestionStamp, { readable, usageReports }: Verdict): void {
    const window = readable ? sharedWindow(usageReports) : undefined
    const { clock, lastQuestion } = this.ledger
    // An answer that is read only when a long stream ends shows windows that have passed, but no wrong clock.
    if (window === undefined || clock.elapsed() - sentAt > MAX_ANSWER_AGE_MS) return
    if (this.time.saw(window.start, window.end, clock.now(), number, lastQuestion)) this.#correctClock()
  }

  /** The applications of this service with usage that waits or is unsettled. */
  *busyApplications(): Generator<ApplicationLedger> {
    // A copy, because the set changes while the caller rests.
    for (const application of [...this.ledger.busy]) if (application.service === this) yield application
  }

  /** A ledger for usage of a caller whose application is not known yet. Its usage is never sent. */
  unverified(): ApplicationLedger {
    return new ApplicationLedger(this, undefined)
  }

  /** Moves all usage of an unverified caller to its application, once that is known. */
  adopt(unverified: ApplicationLedger, application: ApplicationLedger): void {
    const rows = takeWaiting(unverified)
    for (const row of rows) application.wait(row)
    for (const row of rows) application.shift(row, 1)
    compact(application)
    if (rows.length > 0) retell(unverified, application)
    this.ledger.markBusy(unverified)
  }

  /** Notes usage that the backend has authorized and counted, of an application that is not kept. */
  countedElsewhere({ metrics, amounts }: UsageShape): void {
    metrics.forEach((metric, i) => {
      if (amounts[i] === 0) return
      addAmount(this.sums.admitted, this.metrics.slotOf(metric), amounts[i]!)
      addAmount(this.sums.acknowledged, this.metrics.slotOf(metric), amounts[i]!)
    })
  }

  /** Notes that the backend knows these metrics, as the answer to a question from `at` (elapsed time) has shown. */
  prove(metrics: Iterable<string>, at: number): void {
    let anyNew = false
    for (const metric of metrics) {
      if (!this.metrics.prove(metric, at)) continue
      anyNew = true
      this.hierarchy.meet(metric)
    }
    if (anyNew) this.forgetFootprints()
  }

  /** Notes that the backend does not know the metric (any more). */
  disprove(metric: string): void {
    this.metrics.disprove(metric)
    doubtMetric(this, this.ledger.busy, metric)
    this.forgetFootprints()
  }

  /** Remembers whether a metric is below a limited one, as a question has shown. */
  learnAncestor(metric: string, ancestor: string, below: boolean, at: number): void {
    this.hierarchy.learnAncestor(metric, ancestor, below, at)
    this.forgetFootprints()
  }

  /** The limits of a plan; one object for all plans with the same limits. */
  planLimitsOf(wanted: readonly Limit[]): PlanLimits {
    if (wanted.length === 0) return this.unlimited
    const limits = wanted.map(({ metric, period }) => Object.freeze({ metric, period }))
    const text = JSON.stringify(limits.map(({ metric, period }) => [metric, period]))
    let planLimits = this.#planLimits.get(text)
    if (planLimits === undefined) {
      planLimits = new PlanLimits(Object.freeze(limits), this.metrics, this.hierarchy, text)
      this.#planLimits.set(text, planLimits)
    }
    return planLimits
  }

  /** Counts the applications of each plan's limits, so that limits of plans without applications are dropped. */
  changePlanLimits(application: ApplicationLedger, planLimits: PlanLimits | undefined): void {
    const before = application.planLimits
    before.applications -= 1
    if (before.applications <= 0 && before !== this.unlimited) this.#planLimits.delete(before.text)
    if (planLimits === undefined) return
    planLimits.applications += 1
    application.planLimits = planLimits
  }

  /** Drops all footprints, because what is known of metrics has changed. */
  forgetFootprints(): void {
    this.unlimited.forget()
    for (const planLimits of this.#planLimits.values()) planLimits.forget()
  }

  /** Our clock is too fast: counts of future windows are dropped, and begin anew with the next answers. */
  #correctClock(): void {
    const { observer, clock } = this.ledger
    observer.warn(
      'THREESCALE_CLOCK_AHEAD',
      "this machine's clock is almost an hour or more ahead of the 3scale backend's; usage is stamped by the backend's",
      { service: this.id },
    )
    this.epoch += 1
    const time = this.at(clock.now())
    for (const application of this.applications.values()) dropFutureWindows(application, time)
  }
}

function proveApplication(application: ApplicationLedger, { sentAt }: QuestionStamp): void {
  application.provedAt = sentAt
  application.vanished = false
  confirmSent(application, sentAt)
}
