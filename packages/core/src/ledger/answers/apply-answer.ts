/**
 * Applies an answer of the backend to an application's count. The answer may or may not include what was reported
 * lately. So it bounds our own count from both sides instead of replacing it.
 */
import { windowOf } from '../../domain/period.ts'
import type { UsageReport } from '../../domain/verdict.ts'
import type { ApplicationLedger } from '../application-ledger.ts'
import { END, INFLATED, KNOWN, MAX, NO_CELLS, START, WIDTH } from '../plan/limit-cells.ts'
import { keepSent } from '../usage/batch-row.ts'
import { isUnsettled } from '../usage/delivery.ts'
import { suspectLoss } from '../usage/losses.ts'
import { rowInWindow } from '../usage/row-in-window.ts'
import { judgeUnanswered, type LimitInAnswer } from './judge-unanswered.ts'
import { usageInWindow } from './usage-in-window.ts'

export interface AnswerReports {
  /** From `stampQuestion` of the ledger: orders answers by when their questions were sent. */
  readonly question: number
  /** When the question was sent, by elapsed time. */
  readonly sentAt: number
  readonly reports: readonly UsageReport[]
}

/** Applies an answer. `ServiceLedger.apply` has learned before what it says beyond this application. */
export function applyAnswer(application: ApplicationLedger, answer: AnswerReports, time: number): void {
  const newest = answer.question > application.appliedQuestion
  const fresh = newest ? alignCells(application, answer.reports) : new Set<number>()
  const settledBefore = answer.sentAt - application.service.ledger.settleMs
  const limits = limitsIn(application, answer.reports)
  for (const limit of limits) moveToWindow(application, limit)
  const current = limits.filter((limit) => inWindow(application, limit))
  if (newest) {
    application.appliedQuestion = answer.question
    const before = current.filter(({ limit }) => !fresh.has(limit))
    judgeUnanswered(application, before, settledBefore)
  }
  for (const limit of current) {
    update(application, limit, { newest, fresh: fresh.has(limit.limit), settledBefore })
  }
  // The window in the answer may have ended meanwhile; usage admitted since then counts in the next window.
  for (const limit of fresh) {
    if (time >= application.cells[limit * WIDTH + END]!) startLate(application, limit, time, settledBefore)
  }
  if (newest) forgetSettled(application, settledBefore)
}

/** Puts the cells into the order of the answer and keeps the counts of limits that stay. @returns the new limits. */
function alignCells(application: ApplicationLedger, reports: readonly UsageReport[]): Set<number> {
  const { planLimits: before, cells, service } = application
  const same =
    before.limits.length === reports.length &&
    reports.every(({ metric, period }, i) => {
      const limit = before.limits[i]!
      return limit.metric === metric && limit.period === period
    })
  const fresh = new Set<number>()
  if (same) return fresh
  const after = service.planLimitsOf(reports)
  const moved: number[] = []
  reports.forEach((report, index) => {
    const old = before.limits.findIndex(({ metric, period }) => metric === report.metric && period === report.period)
    if (old === -1) {
      fresh.add(index)
      const { start, end } = windowOfReport(report)
      moved.push(report.max, start, end, 0, 0)
    } else {
      moved.push(...cells.slice(old * WIDTH, (old + 1) * WIDTH))
    }
  })
  service.changePlanLimits(application, after)
  // A copy takes only the memory that it needs, unlike an array that has grown.
  application.cells = reports.length === 0 ? NO_CELLS : moved.slice()
  return fresh
}

function limitsIn({ planLimits }: ApplicationLedger, reports: readonly UsageReport[]): LimitInAnswer[] {
  return reports.flatMap((report) => {
    const limit = planLimits.limits.findIndex(
      ({ metric, period }) => metric === report.metric && period === report.period,
    )
    return limit === -1 ? [] : [{ report, limit }]
  })
}

function moveToWindow({ cells }: ApplicationLedger, { report, limit }: LimitInAnswer): void {
  const at = limit * WIDTH
  const { start, end } = windowOfReport(report)
  if (start <= cells[at + START]!) return
  cells[at + START] = start
  cells[at + END] = end
  cells[at + KNOWN] = 0
  cells[at + INFLATED] = 0
}

function inWindow({ cells }: ApplicationLedger, { report, limit }: LimitInAnswer): boolean {
  return cells[limit * WIDTH + START] === windowOfReport(report).start
}

function update(
  application: ApplicationLedger,
  { report, limit }: LimitInAnswer,
  { newest, fresh, settledBefore }: { newest: boolean; fresh: boolean; settledBefore: number },
): void {
  const { cells } = application
  const at = limit * WIDTH
  const { unsent, resent, unsettled } = usageInWindow(application, limit, settledBefore)
  const lower = report.current + unsent
  const upper = lower + resent + unsettled
  const known = cells[at + KNOWN]!
  if (!newest) {
    cells[at + KNOWN] = Math.max(known, lower)
    return
  }
  cells[at + MAX] = report.max
  if (fresh) {
    cells[at + KNOWN] = upper
    cells[at + INFLATED] = upper > lower ? 1 : 0
    return
  }
  if (known > upper && cells[at + INFLATED] === 0) {
    suspectLoss(application, report.metric, known - upper)
  }
  const next = Math.min(Math.max(known, lower), upper)
  cells[at + KNOWN] = next
  if (next === lower) cells[at + INFLATED] = 0
}

function startLate(application: ApplicationLedger, limit: number, time: number, settledBefore: number): void {
  const { cells, planLimits } = application
  const at = limit * WIDTH
  const window = windowOf(planLimits.limits[limit]!.period, time)
  cells[at + START] = window.start
  cells[at + END] = window.end
  const { unsent, resent, unsettled } = usageInWindow(application, limit, settledBefore)
  cells[at + KNOWN] = unsent + resent + unsettled
  cells[at + INFLATED] = 0
}

function forgetSettled(application: ApplicationLedger, settledBefore: number): void {
  keepSent(application, ({ delivery }) => isUnsettled(delivery, settledBefore))
  const lasting = application.maybeCounted?.filter((row) =>
    application.planLimits.limits.some((_, limit) => rowInWindow(application, row, limit) > 0),
  )
  application.maybeCounted = lasting === undefined || lasting.length === 0 ? undefined : lasting
  application.service.ledger.markBusy(application)
}

function windowOfReport({ start, end }: UsageReport): { start: number; end: number } {
  return {
    start: start === undefined ? Number.NEGATIVE_INFINITY : start.getTime(),
    end: end === undefined ? Number.POSITIVE_INFINITY : end.getTime(),
  }
}
