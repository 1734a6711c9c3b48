/** Calendar periods in UTC and the windows an instant falls into (apisonator, lib/3scale/backend/period.rb). */

/** From the longest to the shortest, the order of usage reports. */
export const periodNames = ['eternity', 'year', 'month', 'week', 'day', 'hour', 'minute'] as const

export type PeriodName = (typeof periodNames)[number]

/** One window of a period; bounds in epoch milliseconds, the end is the start of the next window. */
export interface Window {
  readonly start: number
  readonly end: number
  /** The bounds as a usage report holds them; empty for eternity. */
  readonly xml: string
}

export type Windows = Readonly<Record<PeriodName, Window>>

const eternity: Window = { start: 0, end: Number.POSITIVE_INFINITY, xml: '' }
const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** The windows of all periods that contain `at`, an instant in epoch milliseconds. Weeks start on Monday. */
export function windowsAt(at: number): Windows {
  const date = new Date(at)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  const minute = Math.floor(at / 60_000) * 60_000
  const hour = Math.floor(at / hourMs) * hourMs
  const day = Math.floor(at / dayMs) * dayMs
  const monday = day - ((date.getUTCDay() + 6) % 7) * dayMs
  return {
    eternity,
    year: window(utc(year, 0), utc(year + 1, 0)),
    month: window(utc(year, month), utc(year, month + 1)),
    week: window(monday, monday + 7 * dayMs),
    day: window(day, day + dayMs),
    hour: window(hour, hour + hourMs),
    minute: window(minute, minute + 60_000),
  }
}

/** Like `windowsAt`, but remembers the last minute asked for, within which no window changes. */
export function createWindowCache(): (at: number) => Windows {
  let minute = Number.NaN
  let windows: Windows
  return (at) => {
    const current = Math.floor(at / 60_000)
    if (current !== minute) {
      windows = windowsAt(at)
      minute = current
    }
    return windows
  }
}

function window(start: number, end: number): Window {
  const xml = `<period_start>${format(start)}</period_start><period_end>${format(end)}</period_end>`
  return { start, end, xml }
}

function format(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 19).replace('T', ' ')} +0000`
}

// Date.UTC takes years below 100 as 19xx.
function utc(year: number, month: number): number {
  return new Date(0).setUTCFullYear(year, month, 1)
}
