/** Writes rate-limit fields from the known limits of an application. */
import type { LimitCount } from '../domain/limit-count.ts'

/** The largest Integer of RFC 9651, 3.3.1. */
const MAX_INTEGER = 999_999_999_999_999

/** What is the same in the fields of many answers: applications of one plan have the same limits. */
interface LimitText {
  readonly metric: string
  readonly period: LimitCount['period']
  readonly max: number
  /** Length of the window in seconds; undefined for eternity. */
  readonly window: number | undefined
  readonly name: string
  readonly policy: string
}

/**
 * Creates a writer of RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers), one policy per limit, named
 * `metric.period`. The length of a window comes with its count, because months differ; eternity has none. Empty
 * without limits. The writer remembers the texts of the last answer that the next one most likely shares.
 */
export function createRateLimitFields(): (limits: readonly LimitCount[], now: number) => Record<string, string> {
  let texts: readonly LimitText[] = []
  let policies = ''
  return (limits, now) => {
    if (limits.length === 0) return {}
    if (limits.length !== texts.length || !limits.every((limit, index) => isText(texts[index]!, limit))) {
      texts = limits.map(textOf)
      policies = texts.map(({ policy }) => policy).join(', ')
    }
    let states = ''
    for (let index = 0; index < limits.length; index++) {
      const limit = limits[index]!
      const left = secondsLeft(limit, now)
      const state = `${texts[index]!.name};r=${integer(remainingOf(limit))}${left === undefined ? '' : `;t=${integer(left)}`}`
      states = index === 0 ? state : `${states}, ${state}`
    }
    return { 'ratelimit-policy': policies, ratelimit: states }
  }
}

function isText(text: LimitText, limit: LimitCount): boolean {
  const { metric, period, max } = limit
  return text.metric === metric && text.period === period && text.max === max && text.window === windowOf(limit)
}

function textOf(limit: LimitCount): LimitText {
  const { metric, period, max } = limit
  const name = nameOf(limit)
  const window = windowOf(limit)
  const length = window !== undefined && window > 0 ? `;w=${integer(window)}` : ''
  return { metric, period, max, window, name, policy: `${name};q=${integer(max)}${length}` }
}

function windowOf({ start, end }: LimitCount): number | undefined {
  return start === undefined || end === undefined ? undefined : Math.round((end - start) / 1000)
}

/**
 * `<prefix>-limit`, `-remaining` and `-reset` (seconds until the window ends, as in RateLimit). These fields describe
 * one limit: the one with the least remaining, and among equals the one whose window ends last. Empty without limits.
 */
export function singleLimitFields(
  prefix: 'x-ratelimit' | 'ratelimit',
  limits: readonly LimitCount[],
  now: number,
): Record<string, string> {
  const [tightest] = limits.toSorted(
    (one, other) => remainingOf(one) - remainingOf(other) || (endOf(other) > endOf(one) ? 1 : -1),
  )
  if (tightest === undefined) return {}
  const reset = secondsLeft(tightest, now)
  return {
    [`${prefix}-limit`]: String(tightest.max),
    [`${prefix}-remaining`]: String(remainingOf(tightest)),
    ...(reset === undefined ? {} : { [`${prefix}-reset`]: String(reset) }),
  }
}

/** A String of RFC 9651 contains only printable ASCII, so other characters of a metric's name are percent-encoded. */
function nameOf({ metric, period }: LimitCount): string {
  const printable = metric.toWellFormed().replace(/[^\x20-\x7e]+/gu, encodeURIComponent)
  return `"${printable.replace(/["\\]/g, '\\$&')}.${period}"`
}

function remainingOf({ max, current }: LimitCount): number {
  return Math.max(0, max - current)
}

function endOf({ end }: LimitCount): number {
  return end ?? Number.POSITIVE_INFINITY
}

/** At most the whole window, in case our clock is behind the backend's. */
function secondsLeft({ start, end }: LimitCount, now: number): number | undefined {
  if (end === undefined) return undefined
  const maxMs = start === undefined ? Number.POSITIVE_INFINITY : end - start
  return Math.max(0, Math.ceil(Math.min(end - now, maxMs) / 1000))
}

function integer(value: number): number {
  return Math.min(value, MAX_INTEGER)
}
