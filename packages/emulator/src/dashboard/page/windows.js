/** The calendar windows of limits, in UTC, as the backend counts them. */

/** From the shortest to the longest. */
export const periods = ['minute', 'hour', 'day', 'week', 'month', 'year']

const minuteMs = 60_000
const dayMs = 1440 * minuteMs
const lengths = { minute: minuteMs, hour: 60 * minuteMs, day: dayMs }

/** When the window of a period that contains `now` ends, epoch milliseconds; Infinity for eternity. */
export function windowEnd(period, now) {
  const date = new Date(now)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  if (period in lengths) return (Math.floor(now / lengths[period]) + 1) * lengths[period]
  if (period === 'week') return Math.floor(now / dayMs) * dayMs + (7 - ((date.getUTCDay() + 6) % 7)) * dayMs
  if (period === 'month') return utc(year, month + 1)
  if (period === 'year') return utc(year + 1, 0)
  return Number.POSITIVE_INFINITY
}

/** A length of time in its two largest units, such as `3 h 20 min`. */
export function duration(ms) {
  const seconds = Math.ceil(ms / 1000)
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ]
  const at = units.findIndex(([, size]) => seconds >= size)
  if (at < 0) return '0 s'
  const [unit, size] = units[at]
  const rest = units[at + 1]
  const more = rest && Math.floor((seconds % size) / rest[1])
  return `${Math.floor(seconds / size)} ${unit}${more ? ` ${more} ${rest[0]}` : ''}`
}

// Date.UTC reads years below 100 as 19xx.
function utc(year, month) {
  return new Date(0).setUTCFullYear(year, month, 1)
}
