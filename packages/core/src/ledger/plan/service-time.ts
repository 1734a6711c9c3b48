/** The time of one service: our clock, corrected by what the backend's windows prove about its own. */
import { MINUTE_MS } from '../../domain/period.ts'
import { MAX_STAMP_AGE_MS } from '../../domain/transaction.ts'
import type { UsageReport } from '../../domain/verdict.ts'

// How far our clock may be ahead. The backend drops a batch with a stamp more than an hour ahead (apisonator,
// lib/3scale/backend/transaction.rb). The remaining ten minutes are for its jobs.
const MAX_CLOCK_AHEAD_MS = 50 * MINUTE_MS

/**
 * Never runs backwards, so that usage is never stamped into a window that was already left behind.
 * The same reading decides when windows end and how usage is stamped.
 */
export class ServiceTime {
  #reached: number = Number.NEGATIVE_INFINITY
  #ahead = 0
  /** The newest question when the correction was made: answers to older ones say nothing about it. */
  #correctedAt = 0

  /** The service's time when our clock shows `own`, epoch milliseconds. */
  at(own: number): number {
    const corrected = own - this.#ahead
    if (corrected > this.#reached) this.#reached = corrected
    return this.#reached
  }

  /**
   * Learns from a window that an answer showed as the current one.
   *
   * @param own what our clock shows now.
   * @param question orders questions by when they were sent; `last` is the newest one sent by now.
   * @returns true when our clock turned out to be too far ahead, so that stamped usage has to be reconsidered.
   */
  saw(start: number, end: number, own: number, question: number, last: number): boolean {
    const time = this.at(own)
    if (start > time) this.#reached = start
    // The clock was repaired, so with the old correction it would be behind.
    if (question > this.#correctedAt && own - this.#ahead < start) this.#ahead = aheadOf(own, start, end)
    if (time - end <= MAX_CLOCK_AHEAD_MS) return false
    this.#ahead = aheadOf(own, start, end)
    this.#reached = start
    this.#correctedAt = last
    return true
  }
}

/**
 * How far our clock is ahead of a window that holds the present. When in doubt it corrects too much. The next window
 * repairs a clock that is behind, but one that is ahead counts usage into future windows. The correction ends where a
 * stamp would be a day late.
 */
function aheadOf(own: number, start: number, end: number): number {
  if (own < end) return 0
  return own - Math.max(start, end - MAX_STAMP_AGE_MS)
}

/**
 * The window that all windows of an answer share. Each holds the backend's time, so their common part tells it best.
 * Undefined when none of them ends.
 */
export function sharedWindow(reports: readonly UsageReport[]): { start: number; end: number } | undefined {
  let start = Number.NEGATIVE_INFINITY
  let end = Number.POSITIVE_INFINITY
  for (const report of reports) {
    if (report.start !== undefined) start = Math.max(start, report.start.getTime())
    if (report.end !== undefined) end = Math.min(end, report.end.getTime())
  }
  return start < end && end < Number.POSITIVE_INFINITY ? { start, end } : undefined
}
