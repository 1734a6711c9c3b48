/** The calendar windows of limits, in UTC, as the backend counts them. */

/** From the shortest to the longest. */
export const periods = ['minute', 'hour', 'day', 'week', 'month', 'year']

const minuteMs = 60_000
const dayMs = 1440 * minuteMs
/** @type {Readonly<Record<string, number | undefined>>} */
const lengths = { minute: minuteMs, hour: 60 * minuteMs, day: dayMs }

/**
 * When the window of a period that contains `now` ends, epoch milliseconds; Infinity for eternity.
 *
 * @param {string} period
 * @param {number} now
 */
export function windowEnd(period, now) {
  const date = new Date(now)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  const length = lengths[period]
  if (length !== undefined) return (Math.floor(now / length) + 1) * length
  if (period === 'week') return Math.floor(now / dayMs) * dayMs + (7 - ((date.getUTCDay() + 6) % 7)) * dayMs
  if (period === 'month') return utc(year, month + 1)
  if (period === 'year') return utc(year + 1, 0)
  return Number.POSITIVE_INFINITY
}

/**
 * A length of time in its two largest units, such as `3 h 20 min`.
 *
 * @param {number} ms
 */
export function duration(ms) {
  const seconds = Math.ceil(ms / 1000)
  /** @type {[string, number][]} */
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ]
  const at = units.findIndex(([, size]) => seconds >= size)
  const [unit, size] = units[at] ?? ['s', 1]
  const rest = units[at + 1]
  const more = rest && Math.floor((seconds % size) / rest[1])
  return `${Math.floor(seconds / size)} ${unit}${more ? ` ${more} ${rest[0]}` : ''}`
}

/**
 * Date.UTC reads years below 100 as 19xx.
 *
 * @param {number} year
 * @param {number} month
 */
function utc(year, month) {
  return new Date(0).setUTCFullYear(year, month, 1)
}
