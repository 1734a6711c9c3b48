/**
 * Takes an answer of the backend into an application's count. The answer lags behind: what was reported lately may or
 * may not be in it, so it bounds our own count from both sides instead of replacing it.
 */
import type { UsageReport } from '../client/verdict.ts'
import { windowOf } from '../period.ts'
import { type Application, eachRow } from './application.ts'
import type { Batch } from './batch.ts'
import { END, INFLATED, KNOWN, MAX, NO_CELLS, START, WIDTH } from './cells.ts'
import { eachAmount } from './metric-table.ts'
import type { UsageRow } from './usage-row.ts'

export interface Snapshot {
  /** From `ledger.openQuestion`, which orders answers by when they were asked for. */
  readonly question: number
  /** When the question was sent, by our clock. */
  readonly askedAt: number
  readonly reports: readonly UsageReport[]
  readonly hierarchy: ReadonlyMap<string, readonly string[]> | undefined
}

/** Usage of an application inside one window of one limit. */
interface Within {
  /** Not sent yet. */
  unsent: number
  /** Not sent yet, but sent before without an answer. */
  again: number
  /** Sent, and not surely in the answer's counts. */
  unsettled: number
}

/** Applies an answer; `service.learn` has taken in what it says beyond this application. */
export function applySnapshot(application: Application, snapshot: Snapshot, time: number): void {
  const newest = snapshot.question > application.appliedQuestion
  const fresh = newest ? layOut(application, snapshot.reports) : new Set<number>()
  const settledBefore = snapshot.askedAt - application.service.ledger.settleMs
  const places = snapshot.reports.map((report) => ({ report, limit: placeOf(application, report) }))
  for (const { report, limit } of places) moveToWindow(application, report, limit)
  if (newest) {
    application.appliedQuestion = snapshot.question
    resolveDoubts(application, places, fresh, settledBefore, snapshot)
  }
  for (const { report, limit } of places) {
    if (limit !== undefined && inWindow(application.cells, limit, report)) {
      update(application, report, limit, { newest, fresh: fresh.has(limit), settledBefore })
    }
  }
  // The answer may be older than the end of its windows; what was admitted since belongs to the next one.
  for (const limit of fresh) {
    if (time >= application.cells[limit * WIDTH + END]!) startLate(application, limit, time, settledBefore)
  }
  if (newest) forgetSettled(application, settledBefore)
}

/** Brings the cells into the order of the answer, keeping the counts of limits that stay. @returns the new limits. */
function layOut(application: Application, reports: readonly UsageReport[]): Set<number> {
  const { layout: before, cells, service } = application
  const same =
    before.limits.length === reports.length &&
    reports.every(({ metric, period }, i) => {
      const limit = before.limits[i]!
      return limit.metric === metric && limit.period === period
    })
  const fresh = new Set<number>()
  if (same) return fresh
  const after = service.layoutOf(reports)
  const moved: number[] = reports.length === 0 ? NO_CELLS : []
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
  service.changeLayout(application, after)
  application.cells = moved
  return fresh
}

function placeOf(application: Application, report: UsageReport): number | undefined {
  const { limits } = application.layout
  const index = limits.findIndex(({ metric, period }) => metric === report.metric && period === report.period)
  return index === -1 ? undefined : index
}

function moveToWindow({ cells }: Application, report: UsageReport, limit: number | undefined): void {
  if (limit === undefined) return
  const at = limit * WIDTH
  const { start, end } = windowOfReport(report)
  if (start <= cells[at + START]!) return
  cells[at + START] = start
  cells[at + END] = end
  cells[at + KNOWN] = 0
  cells[at + INFLATED] = 0
}

function inWindow(cells: readonly number[], limit: number, report: UsageReport): boolean {
  return cells[limit * WIDTH + START] === windowOfReport(report).start
}

function update(
  application: Application,
  report: UsageReport,
  limit: number,
  { newest, fresh, settledBefore }: { newest: boolean; fresh: boolean; settledBefore: number },
): void {
  const { cells } = application
  const at = limit * WIDTH
  const { unsent, again, unsettled } = usageWithin(application, limit, settledBefore)
  const lower = report.current + unsent
  const upper = lower + again + unsettled
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
    application.service.ledger.suspectLoss(application, report.metric, known - upper)
  }
  const next = Math.min(Math.max(known, lower), upper)
  cells[at + KNOWN] = next
  if (next === lower) cells[at + INFLATED] = 0
}

function startLate(application: Application, limit: number, time: number, settledBefore: number): void {
  const { cells, layout } = application
  const at = limit * WIDTH
  const window = windowOf(layout.limits[limit]!.period, time)
  cells[at + START] = window.start
  cells[at + END] = window.end
  const { unsent, again, unsettled } = usageWithin(application, limit, settledBefore)
  cells[at + KNOWN] = unsent + again + unsettled
  cells[at + INFLATED] = 0
}

function usageWithin(application: Application, limit: number, settledBefore: number): Within {
  const within: Within = { unsent: 0, again: 0, unsettled: 0 }
  const waiting = (row: UsageRow) => {
    within[row.again ? 'again' : 'unsent'] += rowWithin(application, row, limit)
  }
  eachRow(application.pending, waiting)
  eachRow(application.separate, waiting)
  for (const row of application.sent ?? []) {
    if (unsettled(row.batch!, settledBefore)) within.unsettled += rowWithin(application, row, limit)
  }
  for (const row of application.doubtful ?? []) within.unsettled += rowWithin(application, row, limit)
  return within
}

/** Whether an answer about the application can show what became of a batch. */
export function canTell(application: Application, batch: Batch): boolean {
  const rows = (application.sent ?? []).filter((row) => row.batch === batch)
  return application.layout.limits.some((_, limit) => rows.some((row) => rowWithin(application, row, limit) > 0))
}

function rowWithin({ cells, layout }: Application, row: UsageRow, limit: number): number {
  const at = limit * WIDTH
  if (row.minute < cells[at + START]! || row.minute >= cells[at + END]!) return 0
  let sum = 0
  eachAmount(row.amounts, (slot, amount) => {
    if (layout.covers(limit, slot)) sum += amount
  })
  return sum
}

function unsettled({ state, since }: Batch, settledBefore: number): boolean {
  return state === 'inFlight' || state === 'ambiguous' || (state === 'acknowledged' && since > settledBefore)
}

/**
 * A batch without an answer is counted whole or not at all, and long enough after it one cell can show which: if the
 * backend lacks more than everything else that is on its way, it was not counted; if it lacks less than the batch, it was.
 */
function resolveDoubts(
  application: Application,
  places: readonly { report: UsageReport; limit: number | undefined }[],
  fresh: ReadonlySet<number>,
  settledBefore: number,
  { askedAt }: Snapshot,
): void {
  const doubtful = new Set<Batch>()
  for (const { batch } of application.sent ?? []) {
    if (batch?.state === 'ambiguous' && batch.since <= settledBefore) doubtful.add(batch)
  }
  for (const batch of doubtful) {
    const signs = new Set<'counted' | 'uncounted'>()
    for (const { report, limit } of places) {
      if (limit === undefined || fresh.has(limit) || !inWindow(application.cells, limit, report)) continue
      const sign = signOf(application, batch, report, limit, settledBefore)
      if (sign !== undefined) signs.add(sign)
    }
    if (signs.size !== 1) {
      batch.undecidable ||= canTell(application, batch)
      continue
    }
    if (signs.has('uncounted')) batch.takeBack(askedAt, false)
    else batch.acknowledge(settledBefore)
  }
}

function signOf(
  application: Application,
  batch: Batch,
  report: UsageReport,
  limit: number,
  settledBefore: number,
): 'counted' | 'uncounted' | undefined {
  const { cells } = application
  const at = limit * WIDTH
  if (cells[at + INFLATED] !== 0) return undefined
  const own = (application.sent ?? [])
    .filter((row) => row.batch === batch)
    .reduce((sum, row) => sum + rowWithin(application, row, limit), 0)
  if (own === 0) return undefined
  const { unsent, again, unsettled: onItsWay } = usageWithin(application, limit, settledBefore)
  // Usage that may be counted twice hides what is missing.
  if (again > 0) return undefined
  const lower = report.current + unsent
  const missing = Math.min(cells[at + KNOWN]!, lower + onItsWay) - lower
  if (missing > onItsWay - own && missing >= own) return 'uncounted'
  return missing < own ? 'counted' : undefined
}

function forgetSettled(application: Application, settledBefore: number): void {
  const kept = application.sent?.filter((row) => unsettled(row.batch!, settledBefore))
  application.sent = kept === undefined || kept.length === 0 ? undefined : kept
  const lasting = application.doubtful?.filter((row) =>
    application.layout.limits.some((_, limit) => rowWithin(application, row, limit) > 0),
  )
  application.doubtful = lasting === undefined || lasting.length === 0 ? undefined : lasting
  application.service.ledger.markBusy(application)
}

function windowOfReport({ start, end }: UsageReport): { start: number; end: number } {
  return {
    start: start === undefined ? Number.NEGATIVE_INFINITY : start.getTime(),
    end: end === undefined ? Number.POSITIVE_INFINITY : end.getTime(),
  }
}
