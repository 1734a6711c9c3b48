/** Reads the Retry-After header. */

/** Milliseconds to wait, from seconds or an HTTP date; undefined for anything else. Never negative. */
export function readRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const instant = /[a-z]{3}, \d\d/i.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(instant) ? undefined : Math.max(0, instant - now)
}
