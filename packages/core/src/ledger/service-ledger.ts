/** What the applications of one service share: its time, metrics, their tree, the limits of its plans, the sums. */
import type { UsageShape } from '../domain/usage.ts'
import type { UsageReport, Verdict } from '../domain/verdict.ts'
import { detachString } from '../primitives/detach-string.ts'
import { applyAnswer } from './answers/apply-answer.ts'
import { dropFutureWindows } from './answers/drop-future-windows.ts'
import { ApplicationLedger, type LedgerState, type ServiceState } from './application-ledger.ts'
import type { GeneralDenial } from './general-denial.ts'
import { type DeclaredMetrics, MetricHierarchy } from './plan/metric-hierarchy.ts'
import { addAmount, MetricTable, type UsageTotals } from './plan/metric-table.ts'
import { type Limit, PlanLimits } from './plan/plan-limits.ts'
import { ServiceTime, sharedWindow } from './plan/service-time.ts'
import { compact } from './usage/compact.ts'
import { takeWaiting } from './usage/waiting-rows.ts'

/** When a question was asked, so that answers can be ordered by it. */
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
  denial: GeneralDenial | undefined = undefined
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

  /** An application whose usage can be kept; undefined when the ledger is full of what must not be forgotten. */
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
   * Holds usage to be reported of an application that there is no room for; forgotten once that is done.
   *
   * @param provedAt when the answer that proved it was asked for, by our clock.
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
   * Takes in an answer with usage reports (or the knowledge that the plan has no limits).
   *
   * @param metrics those that the answer proved to exist.
   */
  apply(application: ApplicationLedger, question: QuestionStamp, verdict: Verdict, metrics: readonly string[]): void {
    const { usageReports: reports, hierarchy } = verdict
    this.learnTime(question, reports)
    this.prove(metrics, question.askedAt)
    this.prove(new Set(reports.map(({ metric }) => metric)), question.askedAt)
    if (hierarchy !== undefined && this.hierarchy.learn(hierarchy, question.askedAt)) this.forgetFootprints()
    application.provedAt = question.askedAt
    if (verdict.plan !== undefined && verdict.plan !== application.plan) application.plan = detachString(verdict.plan)
    const answer = { question: question.number, sentAt: question.sentAt, reports }
    applyAnswer(application, answer, this.at(this.ledger.clock.now()))
  }

  /** Takes in an answer about an application that is not kept. */
  applyToOverflow(id: string | undefined, question: QuestionStamp, { usageReports }: Verdict): void {
    this.learnTime(question, usageReports)
    const overflow = this.overflowOf(id)
    if (overflow !== undefined) overflow.provedAt = question.askedAt
  }

  /** Takes in what the windows of an answer say about the backend's clock. */
  learnTime({ number }: QuestionStamp, reports: readonly UsageReport[]): void {
    const shown = sharedWindow(reports)
    if (shown === undefined) return
    const { clock, lastQuestion } = this.ledger
    if (this.time.saw(shown.start, shown.end, clock.now(), number, lastQuestion)) this.#correctClock()
  }

  /** The applications of this service with usage that waits or is unsettled. */
  busyApplications(): ApplicationLedger[] {
    return [...this.ledger.busy].filter(({ service }) => service === this)
  }

  /** Where usage goes of a caller whose application is not known yet; kept apart, never sent. */
  unverified(): ApplicationLedger {
    return new ApplicationLedger(this, undefined)
  }

  /** Moves all usage of an unverified caller to the application that it turned out to belong to. */
  adopt(unverified: ApplicationLedger, application: ApplicationLedger): void {
    for (const row of takeWaiting(unverified)) {
      application.wait(row)
      application.shift(row, 1)
    }
    compact(application)
    this.ledger.markBusy(unverified)
  }

  /** The backend has authorized and counted usage of an application that is not kept. */
  countedElsewhere({ metrics, amounts }: UsageShape): void {
    metrics.forEach((metric, i) => {
      if (amounts[i] === 0) return
      addAmount(this.sums.admitted, this.metrics.slotOf(metric), amounts[i]!)
      addAmount(this.sums.acknowledged, this.metrics.slotOf(metric), amounts[i]!)
    })
  }

  /** An answer has shown that the backend knows these metrics. */
  prove(metrics: Iterable<string>, at: number): void {
    let news = false
    for (const metric of metrics) if (this.metrics.prove(metric, at)) news = true
    if (news) this.forgetFootprints()
  }

  /** The backend does not know the metric (any more). */
  disprove(metric: string): void {
    this.metrics.disprove(metric)
    this.forgetFootprints()
  }

  /** Remembers whether a metric is below a limited one, as a question has shown. */
  learnAncestor(metric: string, ancestor: string, below: boolean, at: number): void {
    this.hierarchy.learnAncestor(metric, ancestor, below, at)
    this.forgetFootprints()
  }

  /** The limits of a plan; one object for all plans with the same. */
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

  /** What is known of metrics has changed, so footprints are computed anew. */
  forgetFootprints(): void {
    this.unlimited.forget()
    for (const planLimits of this.#planLimits.values()) planLimits.forget()
  }

  /** Our clock is too fast: what was counted by it in future windows starts anew from the next answers. */
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
