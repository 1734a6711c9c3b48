/** Makes one usage report from the texts of a `<usage_report>`. */
import { isPeriod } from '../../domain/period.ts'
import type { UsageReport } from '../../domain/verdict.ts'

/** Undefined if any part is not as 3scale writes it, so that one limit is never mistaken for another. */
export function usageReport(
  metric: string | undefined,
  period: string | undefined,
  exceeded: string | undefined,
  start: string | undefined,
  end: string | undefined,
  max: string | undefined,
  current: string | undefined,
): UsageReport | undefined {
  if (metric === undefined || period === undefined || !isPeriod(period)) return undefined
  if (!isWhole(max) || !isWhole(current)) return undefined
  const startAt = instant(start)
  const endAt = instant(end)
  if (period === 'eternity' ? start !== undefined || end !== undefined : !startAt || !endAt) return undefined
  return Object.freeze({
    metric,
    period,
    start: startAt,
    end: endAt,
    max: Number(max),
    current: Number(current),
    exceeded: exceeded === 'true',
  })
}

function isWhole(text: string | undefined): text is string {
  return text !== undefined && /^-?\d{1,300}$/.test(text)
}

/** Reads `2026-01-15 10:20:00 +0000`; always UTC. */
function instant(text: string | undefined): Date | undefined {
  const parts = text === undefined ? null : /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d) \+0000$/.exec(text)
  if (parts === null) return undefined
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second))
}
