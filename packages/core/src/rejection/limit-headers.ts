/** Writes rate-limit fields from the known limits of an application. */
import type { UsageReport } from '../domain/verdict.ts'

/** The largest Integer of RFC 9651, 3.3.1. */
const MAX_INTEGER = 999_999_999_999_999

/**
 * RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers), one policy per limit, named `metric.period`.
 * The length of a window comes from the usage report, because months differ; eternity has none. Empty without limits.
 */
export function rateLimitFields(limits: readonly UsageReport[], now: number): Record<string, string> {
  if (limits.length === 0) return {}
  return {
    'ratelimit-policy': limits.map(policyOf).join(', '),
    ratelimit: limits.map((limit) => stateOf(limit, now)).join(', '),
  }
}

/**
 * `<prefix>-limit`, `-remaining` and `-reset` (seconds until the window ends, as in RateLimit). These fields describe
 * one limit: the one with the least remaining, and among equals the one whose window ends last. Empty without limits.
 */
export function singleLimitFields(
  prefix: 'x-ratelimit' | 'ratelimit',
  limits: readonly UsageReport[],
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

function policyOf(limit: UsageReport): string {
  const { start, end } = limit
  const window =
    start === undefined || end === undefined ? undefined : Math.round((end.getTime() - start.getTime()) / 1000)
  const length = window !== undefined && window > 0 ? `;w=${integer(window)}` : ''
  return `${nameOf(limit)};q=${integer(limit.max)}${length}`
}

function stateOf(limit: UsageReport, now: number): string {
  const left = secondsLeft(limit, now)
  return `${nameOf(limit)};r=${integer(remainingOf(limit))}${left === undefined ? '' : `;t=${integer(left)}`}`
}

/** A String of RFC 9651 contains only printable ASCII, so other characters of a metric's name are percent-encoded. */
function nameOf({ metric, period }: UsageReport): string {
  const printable = metric.toWellFormed().replace(/[^\x20-\x7e]+/gu, encodeURIComponent)
  return `"${printable.replace(/["\\]/g, '\\$&')}.${period}"`
}

function remainingOf({ max, current }: UsageReport): number {
  return Math.max(0, max - current)
}

function endOf({ end }: UsageReport): number {
  return end?.getTime() ?? Number.POSITIVE_INFINITY
}

/** At most the whole window, in case our clock is behind the backend's. */
function secondsLeft({ start, end }: UsageReport, now: number): number | undefined {
  if (end === undefined) return undefined
  const maxMs = start === undefined ? Number.POSITIVE_INFINITY : end.getTime() - start.getTime()
  return Math.max(0, Math.ceil(Math.min(end.getTime() - now, maxMs) / 1000))
}

function integer(value: number): number {
  return Math.min(value, MAX_INTEGER)
}
