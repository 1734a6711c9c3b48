/** What the applications of one service share: its time, metrics, their tree, the layouts of its plans, the sums. */
import type { ThreeScaleClient } from '../client/client.ts'
import type { ProtectedService } from '../decision/protected-service.ts'
import type { UsageShape } from '../domain/usage.ts'
import type { UsageReport, Verdict } from '../domain/verdict.ts'
import { detachString } from '../primitives/detach-string.ts'
import { applyAnswer } from './answers/apply-answer.ts'
import { ApplicationLedger, type GeneralDenial } from './application-ledger.ts'
import type { Ledger } from './ledger.ts'
import { type DeclaredMetrics, MetricHierarchy } from './plan/metric-hierarchy.ts'
import { type Amounts, addAmount, MetricTable } from './plan/metric-table.ts'
import { type Limit, PlanLimits } from './plan/plan-limits.ts'
import { ServiceTime } from './plan/service-time.ts'

/** A question to the backend whose answer may become a snapshot. */
export interface QuestionStamp {
  /** Orders questions by when they were sent. */
  readonly number: number
  /** When it was sent, by our clock. */
  readonly askedAt: number
  /** When it was sent, by elapsed time. */
  readonly sentAt: number
}

export type LedgerService = Pick<ProtectedService, 'id' | 'client'>

export class ServiceLedger {
  readonly ledger: Ledger
  /** Undefined: a provider's default service. */
  readonly id: string | undefined
  /** Who speaks with the backend about it. */
  readonly client: ThreeScaleClient
  readonly time: ServiceTime = new ServiceTime()
  readonly metrics: MetricTable = new MetricTable()
  readonly hierarchy: MetricHierarchy
  readonly applications: Map<string, ApplicationLedger> = new Map()
  /** What the backend last said against the whole service. */
  denial: GeneralDenial | undefined = undefined
  /** Counts how often everything learned before became unusable. */
  epoch = 0
  /** The layout of plans without limits. */
  readonly unlimited: PlanLimits
  readonly sums: { readonly admitted: Amounts; readonly acknowledged: Amounts; readonly givenUp: Amounts } = {
    admitted: [],
    acknowledged: [],
    givenUp: [],
  }
  readonly #layouts = new Map<string, PlanLimits>()
  readonly #overflows = new Map<string, ApplicationLedger>()

  constructor(ledger: Ledger, { id, client }: LedgerService, declared: DeclaredMetrics | undefined) {
    this.ledger = ledger
    this.id = id
    this.client = client
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
    this.ledger.room.enter(application)
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

  /** Lets an application without room be found while something of it is on its way. */
  keepOverflow(application: ApplicationLedger): void {
    const { id } = application
    if (id !== undefined && !this.#overflows.has(id)) this.#overflows.set(id, application)
  }

  /** The account of an application without room; undefined when it has nothing on its way. */
  overflowOf(id: string | undefined): ApplicationLedger | undefined {
    return id === undefined ? undefined : this.#overflows.get(id)
  }

  /** Nothing of it is on its way any more. */
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
    const snapshot = { question: question.number, sentAt: question.sentAt, reports }
    applyAnswer(application, snapshot, this.at(this.ledger.clock.now()))
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
    if (this.time.saw(shown.start, shown.end, clock.now(), number, lastQuestion)) this.ledger.clockAhead(this)
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
  settle(metric: string, ancestor: string, below: boolean, at: number): void {
    this.hierarchy.settle(metric, ancestor, below, at)
    this.forgetFootprints()
  }

  /** The layout for some limits; one object for all plans with the same. */
  planLimitsOf(wanted: readonly Limit[]): PlanLimits {
    if (wanted.length === 0) return this.unlimited
    const limits = wanted.map(({ metric, period }) => Object.freeze({ metric, period }))
    const text = JSON.stringify(limits.map(({ metric, period }) => [metric, period]))
    let planLimits = this.#layouts.get(text)
    if (planLimits === undefined) {
      planLimits = new PlanLimits(Object.freeze(limits), this.metrics, this.hierarchy, text)
      this.#layouts.set(text, planLimits)
    }
    return planLimits
  }

  /** Keeps count of who uses a layout, so that those of bygone plans go. */
  changePlanLimits(application: ApplicationLedger, planLimits: PlanLimits | undefined): void {
    const before = application.planLimits
    before.applications -= 1
    if (before.applications <= 0 && before !== this.unlimited) this.#layouts.delete(before.text)
    if (planLimits === undefined) return
    planLimits.applications += 1
    application.planLimits = planLimits
  }

  /** What is known of metrics has changed: what usage touches is worked out anew. */
  forgetFootprints(): void {
    this.unlimited.forget()
    for (const planLimits of this.#layouts.values()) planLimits.forget()
  }
}

/** All windows of an answer hold the backend's time, so what they share tells it best; undefined without any that ends. */
function sharedWindow(reports: readonly UsageReport[]): { start: number; end: number } | undefined {
  let start = Number.NEGATIVE_INFINITY
  let end = Number.POSITIVE_INFINITY
  for (const report of reports) {
    if (report.start !== undefined) start = Math.max(start, report.start.getTime())
    if (report.end !== undefined) end = Math.min(end, report.end.getTime())
  }
  return start < end && end < Number.POSITIVE_INFINITY ? { start, end } : undefined
}
