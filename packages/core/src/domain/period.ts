/** Calendar windows of 3scale limits: in UTC, weeks begin on Monday. */

/** Longest first, as the backend orders usage reports. */
export const PERIODS = ['eternity', 'year', 'month', 'week', 'day', 'hour', 'minute'] as const
export type Period = (typeof PERIODS)[number]

export const MINUTE_MS = 60_000
export const HOUR_MS: number = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
// 1970-01-01 was a Thursday; the Monday of its week is three days before the epoch.
const MONDAY_OFFSET_MS = 3 * DAY_MS

/** From `start` inclusive to `end` exclusive, epoch milliseconds; eternity runs from -Infinity to Infinity. */
export interface PeriodWindow {
  readonly start: number
  readonly end: number
}

/** The window of `period` that contains `instant` (epoch milliseconds). */
export function windowOf(period: Period, instant: number): PeriodWindow {
  switch (period) {
    case 'minute':
      return fixedWindow(instant, MINUTE_MS, 0)
    case 'hour':
      return fixedWindow(instant, HOUR_MS, 0)
    case 'day':
      return fixedWindow(instant, DAY_MS, 0)
    case 'week':
      return fixedWindow(instant, 7 * DAY_MS, MONDAY_OFFSET_MS)
    case 'month': {
      const date = new Date(instant)
      return {
        start: monthStart(date.getUTCFullYear(), date.getUTCMonth()),
        end: monthStart(date.getUTCFullYear(), date.getUTCMonth() + 1),
      }
    }
    case 'year': {
      const year = new Date(instant).getUTCFullYear()
      return { start: monthStart(year, 0), end: monthStart(year + 1, 0) }
    }
    case 'eternity':
      return { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY }
  }
}

/** Whether a word is one of 3scale's periods. */
export function isPeriod(word: string): word is Period {
  return (PERIODS as readonly string[]).includes(word)
}

function fixedWindow(instant: number, length: number, offset: number): PeriodWindow {
  const start = Math.floor((instant + offset) / length) * length - offset
  return { start, end: start + length }
}

function monthStart(year: number, month: number): number {
  return Date.UTC(year, month, 1)
}
