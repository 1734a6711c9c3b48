/** Knows what was admitted and which limits held when, and reports each answer that broke law 7. */
import { type Period, windowOf } from '../../packages/core/src/domain/period.ts'
import type { Usage } from '../../packages/core/src/domain/usage.ts'
import type { Said } from './backend-log.ts'
import { isBelow, type Limit } from './schedule.ts'

export interface Admitted {
  readonly application: number
  readonly usage: Usage
  /** It counts in the windows that hold this moment, by the service's time. */
  readonly stamp: number
  /** All moments at which the gateway may take it to have been used. */
  readonly moments: readonly number[]
  /** When the usage was reserved, where the backend counted it by itself. */
  readonly reservedAt?: number | undefined
}

export interface Denied {
  readonly application: number
  readonly usage: Usage
  /** The moments that may have decided it: ours, and the backend's where it refused. */
  readonly times: readonly number[]
  /** By elapsed time. */
  readonly at: number
}

interface TimedLimit {
  readonly limit: Limit
  /** Half open, by elapsed time. */
  readonly from: number
  until: number
}

export const SETTLE_MS = 60_000
// A change is known at the latest when older knowledge has become stale and the answer has settled.
const MAX_LEARNING_MS = 60_000 + SETTLE_MS + 20_000

export class Judge {
  readonly problems: string[] = []
  readonly admitted: Admitted[] = []
  /** Other clients used limits, or applications were deleted: answers may show that too late. */
  foreign = false
  /** Metrics were moved, or usage was stamped anew. */
  moved = false
  /** Applications that were deleted at some time: nothing is known of their counts. */
  readonly deleted: Set<number> = new Set()
  /** Applications whose limits may be exceeded: usage is known only after the response, or no room is for the count. */
  readonly mayOvershoot: Set<number>
  readonly #limits: TimedLimit[]
  #disturbed = Number.NEGATIVE_INFINITY

  constructor(limits: readonly Limit[], mayOvershoot: Iterable<number>) {
    this.#limits = limits.map((limit) => ({ limit, from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY }))
    this.mayOvershoot = new Set(mayOvershoot)
  }

  /** Something changed that later answers have to show first, so denials until then are not judged. */
  disturb(now: number): void {
    this.#disturbed = now
  }

  /** Keeps the history of each limit's values. */
  changeLimits(next: readonly Limit[], now: number): void {
    for (const timed of this.#limits.filter(({ until }) => until > now)) {
      const { metric, period, value } = timed.limit
      const after = next.find((limit) => limit.metric === metric && limit.period === period)
      if (after?.value === value) continue
      timed.until = now
      if (after !== undefined) this.#limits.push({ limit: { ...after }, from: timed.from, until: Infinity })
    }
  }

  /** @param time the service's; `now` is elapsed time. */
  admit(admitted: Admitted, time: number, now: number): void {
    this.admitted.push(admitted)
    if (this.foreign || this.moved || this.#isVague(admitted.application)) return
    for (const { limit, from, until } of this.#limits) {
      // A limit cannot hold before it is known, and need not hold after it is gone.
      if (from + MAX_LEARNING_MS > now || until <= now || needOf(admitted.usage, limit.metric) === 0) continue
      const max = this.#greatest(limit, now)
      // An authrep under way may be counted in the next window, in which its usage was not reserved (decision 015).
      const inTheirWindow = this.admitted.filter(({ stamp, reservedAt }) => {
        return (
          reservedAt === undefined || windowOf(limit.period, reservedAt).start === windowOf(limit.period, stamp).start
        )
      })
      const used = usedOf(inTheirWindow, admitted.application, limit, time, ({ stamp }) => [stamp])
      if (used > max)
        this.problems.push(
          `law 7: ${used} of application ${admitted.application} admitted on ${limit.metric} per ${limit.period} of ${max}`,
        )
    }
  }

  /** @param lost usage that the backend counted, but that was not admitted. */
  deny({ application, usage, times, at }: Denied, lost: readonly Said[]): void {
    if (this.#disturbed > at - MAX_LEARNING_MS || this.foreign || this.moved || this.#isVague(application)) return
    const counted = [...this.admitted, ...lost.map((said) => ({ ...said, stamp: said.at, moments: [said.at] }))]
    const violated = this.#limits.some(({ limit, until }) => {
      if (until <= at - MAX_LEARNING_MS || !touches(usage, limit.metric)) return false
      const need = needOf(usage, limit.metric)
      return times.some(
        (time) => usedOf(counted, application, limit, time, ({ moments }) => moments) + need > limit.value,
      )
    })
    if (!violated) this.problems.push(`law 7: wrong denial of ${JSON.stringify(usage)} to application ${application}`)
  }

  #isVague(application: number): boolean {
    return this.mayOvershoot.has(application) || this.deleted.has(application)
  }

  /** The greatest value that the limit had lately. */
  #greatest({ metric, period }: Limit, now: number): number {
    const values = this.#limits
      .filter(({ limit, until }) => limit.metric === metric && limit.period === period && until > now - MAX_LEARNING_MS)
      .map(({ limit }) => limit.value)
    return Math.max(...values)
  }
}

/** How much of a metric the usage takes: its own amount and those of the metrics below it. */
export function needOf(usage: Usage, metric: string): number {
  let need = 0
  for (const [used, amount] of Object.entries(usage)) if (used === metric || isBelow(used, metric)) need += amount
  return need
}

function usedOf(
  all: readonly Admitted[],
  application: number,
  { metric, period }: { readonly metric: string; readonly period: Period },
  time: number,
  momentsOf: (admitted: Admitted) => readonly number[],
): number {
  const { start, end } = windowOf(period, time)
  let used = 0
  for (const admitted of all) {
    if (admitted.application !== application) continue
    if (!momentsOf(admitted).some((moment) => moment >= start && moment < end)) continue
    used += needOf(admitted.usage, metric)
  }
  return used
}

function touches(usage: Usage, metric: string): boolean {
  return Object.keys(usage).some((used) => used === metric || isBelow(used, metric))
}
