/** The limit headers: how many calls like this one the tightest limit still admits (apisonator, docs/extensions.md). */
import { periodNames } from '../provider/period.ts'
import type { Call, CountedLimit } from './call.ts'
import { addUsage, currentValue } from './usage-reports.ts'

/** Stands for calls that no limit restricts. */
const unlimited = -1n

/** Values of the three headers. Without a limit, remaining and reset are -1 and there is no max-value. */
export interface LimitHeaders {
  readonly remaining: string
  readonly reset: string
  readonly maxValue?: string
}

/** The `3scale-limit-*` headers of a call. */
export function limitHeaders(call: Call, authorized: boolean): LimitHeaders {
  const tightest = pick(call, authorized)
  if (!tightest || tightest.calls === unlimited) return { remaining: '-1', reset: '-1' }
  const { end } = call.windows[tightest.counted.limit.period]
  return {
    remaining: String(tightest.calls),
    reset: end === Number.POSITIVE_INFINITY ? '-1' : String(Math.ceil((end - call.now) / 1000)),
    maxValue: String(tightest.counted.limit.value),
  }
}

interface Candidate {
  readonly counted: CountedLimit
  readonly calls: bigint
}

// The backend's comparison is not transitive (-1 replaces 0, yet everything replaces -1): the order of reports decides.
function pick(call: Call, authorized: boolean): Candidate | undefined {
  let current: Candidate | undefined
  for (const counted of candidates(call)) {
    const next = { counted, calls: remainingCalls(call, authorized, counted) }
    const replaces =
      !current ||
      (next.calls === current.calls
        ? isLonger(next, current)
        : current.calls === unlimited || next.calls < current.calls)
    if (replaces) current = next
  }
  return current
}

function candidates({ usage, service, limits }: Call): readonly CountedLimit[] {
  if (!usage) return limits
  const names = new Set<string>(usage.keys())
  for (const name of usage.keys())
    for (const ancestor of service.metric(name)?.ancestors ?? []) names.add(ancestor.name)
  return limits.filter(({ limit }) => names.has(limit.metric.name))
}

function remainingCalls(call: Call, authorized: boolean, counted: CountedLimit): bigint {
  const left = counted.limit.value - currentValue(call, authorized, counted)
  if (left <= 0n) return 0n
  const usage = call.usage ? addUsage(call, counted.limit.metric, 0n) : 0n
  return usage > 0n ? left / usage : unlimited
}

function isLonger(a: Candidate, b: Candidate): boolean {
  return periodNames.indexOf(a.counted.limit.period) < periodNames.indexOf(b.counted.limit.period)
}
