/** Timestamps as whole seconds since the epoch: the only form that the backend cannot misread. */

/** The year 5138. Milliseconds that were passed as seconds are far above it. */
const MAX_SECONDS = 99_999_999_999

const DATE_TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d{1,9})?)?(?: ?(?:Z|UTC|([+-]\d\d):?(\d\d)))?$/

/**
 * Reads `2026-01-15`, `2026-01-15 10:20:30`, `2026-01-15T10:20:30Z` and the like. Without an offset the time is UTC, as
 * for the backend. Undefined for everything else, because the backend silently uses the current time instead.
 */
export function parseTimestamp(text: string): number | undefined {
  const parts = DATE_TIME.exec(text)
  if (parts === null) return undefined
  const [, date, time = '00:00', hours, minutes] = parts
  const offset = hours === undefined ? 'Z' : `${hours}:${minutes}`
  const instant = Date.parse(`${date}T${time}${offset}`)
  // V8 reads 30 February as 2 March.
  if (Number.isNaN(instant) || new Date(`${date}T00:00Z`).toISOString().slice(0, 10) !== date) return undefined
  return Math.floor(instant / 1000)
}

/** Seconds since the epoch; undefined if no timestamp is given. Problems name the path. */
export function timestampOf(
  given: { readonly timestamp?: Date | string | undefined; readonly timestampSeconds?: number | undefined },
  path: string,
  problems: string[],
): number | undefined {
  const { timestamp, timestampSeconds } = given
  if (timestampSeconds !== undefined) {
    if (timestamp !== undefined) problems.push(`${path} has both timestamp and timestampSeconds`)
    if (Number.isInteger(timestampSeconds) && timestampSeconds >= 0 && timestampSeconds <= MAX_SECONDS) {
      return timestampSeconds
    }
    problems.push(`${path}.timestampSeconds must be whole seconds since 1970`)
    return undefined
  }
  if (timestamp === undefined) return undefined
  if (typeof timestamp === 'number') {
    problems.push(`${path}.timestamp must be a Date or a text; a number of seconds is timestampSeconds`)
    return undefined
  }
  const seconds = typeof timestamp === 'string' ? parseTimestamp(timestamp) : secondsOf(timestamp)
  if (seconds === undefined) {
    problems.push(`${path}.timestamp must be a valid Date or a text such as '2026-01-15 10:20:30 +0000'`)
  }
  return seconds
}

function secondsOf(date: unknown): number | undefined {
  // Not instanceof: dates of another realm (of a test runner, for example) are dates too.
  const instant = Object.prototype.toString.call(date) === '[object Date]' ? Number(date) : Number.NaN
  return Number.isNaN(instant) ? undefined : Math.floor(instant / 1000)
}
