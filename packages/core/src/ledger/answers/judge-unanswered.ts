/** Finds out from an answer whether a batch that got none was counted. */
import type { UsageReport } from '../../domain/verdict.ts'
import type { ApplicationLedger } from '../application-ledger.ts'
import { INFLATED, KNOWN, WIDTH } from '../plan/limit-cells.ts'
import type { Batch } from '../usage/batch.ts'
import { rowInWindow, usageInWindow } from './usage-in-window.ts'

/** A limit of the application and what the answer says of it, in the same window. */
export interface LimitInAnswer {
  readonly report: UsageReport
  readonly limit: number
}

/**
 * A batch without an answer is counted whole or not at all. Long enough after it one cell can show that it was not: the
 * backend lacks more than everything else that is on its way. That it was counted no answer shows, since what it lacks may
 * have been made up for by somebody else's usage.
 *
 * @param places limits that were counted before the answer.
 * @param settledBefore what was sent until then is surely counted in the answer if it ever will be, by elapsed time.
 */
export function judgeUnanswered(
  application: ApplicationLedger,
  places: readonly LimitInAnswer[],
  settledBefore: number,
): void {
  const maybeCounted = new Set<Batch>()
  for (const { batch } of application.sent ?? []) {
    if (batch?.state === 'ambiguous' && batch.since <= settledBefore) maybeCounted.add(batch)
  }
  for (const batch of maybeCounted) {
    const signs = new Set(places.map((place) => isLacking(application, batch, place, settledBefore)))
    signs.delete(undefined)
    if (signs.size === 1 && signs.has(true)) batch.takeBack(false)
    else batch.undecidable ||= canTell(application, batch)
  }
}

/** Whether an answer about the application can show what became of a batch. */
export function canTell(application: ApplicationLedger, batch: Batch): boolean {
  return application.planLimits.limits.some((_, limit) => batchWithin(application, batch, limit) > 0)
}

/** Whether the backend lacks the batch; undefined where one limit cannot show it. */
function isLacking(
  application: ApplicationLedger,
  batch: Batch,
  { report, limit }: LimitInAnswer,
  settledBefore: number,
): boolean | undefined {
  const { cells } = application
  const at = limit * WIDTH
  if (cells[at + INFLATED] !== 0) return undefined
  const own = batchWithin(application, batch, limit)
  if (own === 0) return undefined
  const { unsent, resent, unsettled: onItsWay } = usageInWindow(application, limit, settledBefore)
  // Usage that may be counted twice hides what is missing.
  if (resent > 0) return undefined
  const lower = report.current + unsent
  const missing = Math.min(cells[at + KNOWN]!, lower + onItsWay) - lower
  if (missing > onItsWay - own && missing >= own) return true
  return missing < own ? false : undefined
}

function batchWithin(application: ApplicationLedger, batch: Batch, limit: number): number {
  let sum = 0
  for (const row of application.sent ?? []) if (row.batch === batch) sum += rowInWindow(application, row, limit)
  return sum
}
