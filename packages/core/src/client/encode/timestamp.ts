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

/** The ages at which the backend's job still counts a timestamp, in seconds. Source: apisonator, transaction timestamps. */
const MAX_AGE = 24 * 3600
const MAX_AHEAD = 3600

/**
 * Why the backend is sure to drop a transaction with this timestamp, and its whole call with it; undefined if it may
 * count it. Both times are UNIX times. Times at the limits themselves are counted.
 */
export function staleness(seconds: number, now: number): string | undefined {
  const age = seconds < now ? now - seconds : 0
  const ahead = seconds > now ? seconds - now : 0
  if (age <= MAX_AGE && ahead <= MAX_AHEAD) return undefined
  const is = age > 0 ? `${duration(age)} old` : `${duration(ahead)} ahead of this machine's clock`
  return `the timestamp is ${is}; 3scale counts none that is more than 24 h old or 1 h ahead`
}

function duration(seconds: number): string {
  if (seconds >= 48 * 3600) return `${Math.floor(seconds / (24 * 3600))} days`
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  return [hours > 0 ? `${hours} h` : '', minutes > 0 ? `${minutes} min` : '', `${seconds % 60} s`]
    .filter((part) => part !== '' && part !== '0 s')
    .join(' ')
}

function secondsOf(date: unknown): number | undefined {
  // Not instanceof: dates of another realm (of a test runner, for example) are dates too.
  const instant = Object.prototype.toString.call(date) === '[object Date]' ? Number(date) : Number.NaN
  return Number.isNaN(instant) ? undefined : Math.floor(instant / 1000)
}
