/** Finds out from an answer whether a delivery that got none was counted. */
import type { UsageReport } from '../../domain/verdict.ts'
import type { ApplicationLedger } from '../application-ledger.ts'
import { INFLATED, KNOWN, WIDTH } from '../plan/limit-cells.ts'
import type { Delivery } from '../usage/delivery.ts'
import { rowInWindow } from '../usage/row-in-window.ts'
import { usageInWindow } from './usage-in-window.ts'

/** A limit of the application and what an answer says of it, in the same window. */
export interface LimitInAnswer {
  readonly report: UsageReport
  readonly limit: number
}

/**
 * A delivery is counted whole or not at all. After `settleMs` an answer can prove that one was *not* counted. Then the
 * backend's count is lower than ours by more than all other usage under way. It can never prove that it was counted,
 * because usage of other processes may have filled the gap.
 *
 * @param limits limits that were counted before the answer.
 * @param settledBefore by elapsed time: the answer includes all usage sent until then that is ever counted.
 */
export function judgeUnanswered(
  application: ApplicationLedger,
  limits: readonly LimitInAnswer[],
  settledBefore: number,
): void {
  const unanswered = new Set<Delivery>()
  for (const { delivery } of application.sent ?? []) {
    if (delivery.state === 'ambiguous' && delivery.since <= settledBefore) unanswered.add(delivery)
  }
  for (const delivery of unanswered) {
    const findings = new Set(limits.map((limit) => find(application, delivery, limit, settledBefore)))
    const hidden = findings.delete('hidden')
    findings.delete(undefined)
    if (findings.size === 1 && findings.has('missing')) delivery.takeBack(false)
    else if (findings.size === 0 && hidden) delivery.hidden = true
    else delivery.undecidable ||= canTell(application, delivery)
  }
}

/** Whether an answer about the application can show what became of a delivery. */
export function canTell(application: ApplicationLedger, delivery: Delivery): boolean {
  return application.planLimits.limits.some((_, limit) => deliveryInWindow(application, delivery, limit) > 0)
}

/**
 * missing: the backend's count lacks the delivery.
 * shown: it does not, or other processes used as much.
 * hidden: it lacks as much, but that may be other usage on its way.
 * Undefined where this limit cannot show it.
 */
type Finding = 'missing' | 'shown' | 'hidden' | undefined

function find(
  application: ApplicationLedger,
  delivery: Delivery,
  { report, limit }: LimitInAnswer,
  settledBefore: number,
): Finding {
  const { cells } = application
  const at = limit * WIDTH
  if (cells[at + INFLATED] !== 0) return undefined
  const amount = deliveryInWindow(application, delivery, limit)
  if (amount === 0) return undefined
  const { unsent, resent, unsettled } = usageInWindow(application, limit, settledBefore)
  // Usage that may be counted twice hides what is missing.
  if (resent > 0) return undefined
  const lower = report.current + unsent
  const missing = Math.min(cells[at + KNOWN]!, lower + unsettled) - lower
  if (missing < amount) return 'shown'
  return missing > unsettled - amount ? 'missing' : 'hidden'
}

function deliveryInWindow(application: ApplicationLedger, delivery: Delivery, limit: number): number {
  let sum = 0
  for (const row of application.sent ?? []) {
    if (row.delivery === delivery) sum += rowInWindow(application, row, limit)
  }
  return sum
}
