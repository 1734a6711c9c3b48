/** Calendar periods in UTC, and the windows that contain an instant (apisonator, lib/3scale/backend/period.rb). */

/** From the longest to the shortest, the order of usage reports. */
export const periodNames = ['eternity', 'year', 'month', 'week', 'day', 'hour', 'minute'] as const

export type PeriodName = (typeof periodNames)[number]

/** One window of a period; bounds in epoch milliseconds, the end is the start of the next window. */
export class Window {
  readonly start: number
  readonly end: number
  #xml: string | undefined

  constructor(start: number, end: number) {
    this.start = start
    this.end = end
  }

  /** The bounds as a usage report shows them; empty for eternity. Built on first use. */
  get xml(): string {
    this.#xml ??=
      this.end === Number.POSITIVE_INFINITY
        ? ''
        : `<period_start>${format(this.start)}</period_start><period_end>${format(this.end)}</period_end>`
    return this.#xml
  }
}

export type Windows = Readonly<Record<PeriodName, Window>>

const eternity = new Window(0, Number.POSITIVE_INFINITY)
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
    year: new Window(utc(year, 0), utc(year + 1, 0)),
    month: new Window(utc(year, month), utc(year, month + 1)),
    week: new Window(monday, monday + 7 * dayMs),
    day: new Window(day, day + dayMs),
    hour: new Window(hour, hour + hourMs),
    minute: new Window(minute, minute + 60_000),
  }
}

/** Like `windowsAt`, but reuses the windows of the last minute: no window changes within a minute. */
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

function format(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 19).replace('T', ' ')} +0000`
}

// Date.UTC reads years below 100 as 19xx.
function utc(year: number, month: number): number {
  return new Date(0).setUTCFullYear(year, month, 1)
}
