/** Finds out from an answer whether a batch that got none was counted. */
import type { UsageReport } from '../../domain/verdict.ts'
import type { Application } from '../application-ledger.ts'
import { INFLATED, KNOWN, WIDTH } from '../plan/limit-cells.ts'
import type { Batch } from '../usage/batch.ts'
import { rowWithin, usageWithin } from './usage-in-window.ts'

/** A limit of the application and what the answer says of it, in the same window. */
export interface Place {
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
export function resolveDoubts(application: Application, places: readonly Place[], settledBefore: number): void {
  const doubtful = new Set<Batch>()
  for (const { batch } of application.sent ?? []) {
    if (batch?.state === 'ambiguous' && batch.since <= settledBefore) doubtful.add(batch)
  }
  for (const batch of doubtful) {
    const signs = new Set(places.map((place) => isLacking(application, batch, place, settledBefore)))
    signs.delete(undefined)
    if (signs.size === 1 && signs.has(true)) batch.takeBack(false)
    else batch.undecidable ||= canTell(application, batch)
  }
}

/** Whether an answer about the application can show what became of a batch. */
export function canTell(application: Application, batch: Batch): boolean {
  return application.layout.limits.some((_, limit) => batchWithin(application, batch, limit) > 0)
}

/** Whether the backend lacks the batch; undefined where one limit cannot show it. */
function isLacking(
  application: Application,
  batch: Batch,
  { report, limit }: Place,
  settledBefore: number,
): boolean | undefined {
  const { cells } = application
  const at = limit * WIDTH
  if (cells[at + INFLATED] !== 0) return undefined
  const own = batchWithin(application, batch, limit)
  if (own === 0) return undefined
  const { unsent, again, unsettled: onItsWay } = usageWithin(application, limit, settledBefore)
  // Usage that may be counted twice hides what is missing.
  if (again > 0) return undefined
  const lower = report.current + unsent
  const missing = Math.min(cells[at + KNOWN]!, lower + onItsWay) - lower
  if (missing > onItsWay - own && missing >= own) return true
  return missing < own ? false : undefined
}

function batchWithin(application: Application, batch: Batch, limit: number): number {
  let sum = 0
  for (const row of application.sent ?? []) if (row.batch === batch) sum += rowWithin(application, row, limit)
  return sum
}
