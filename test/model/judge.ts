/** Knows what was admitted and which limits held when, and says where an answer broke law 7. */
import { type Period, windowOf } from '../../packages/core/src/domain/period.ts'
import type { Usage } from '../../packages/core/src/domain/usage.ts'
import type { Said } from './backend-log.ts'
import { type Limit, METRICS } from './schedule.ts'

export interface Admitted {
  readonly application: number
  readonly usage: Usage
  /** In whose windows it counts, by the service's time. */
  readonly stamp: number
  /** All moments at which the gateway may take it to have been used. */
  readonly held: readonly number[]
  /** When room for it was reserved, where the backend counted it by itself. */
  readonly reservedAt?: number | undefined
}

export interface Denied {
  readonly application: number
  readonly usage: Usage
  /** The moments by which it may have been decided: ours, and the backend's where it refused. */
  readonly times: readonly number[]
  /** By elapsed time. */
  readonly at: number
}

interface Held {
  readonly limit: Limit
  /** Half open, by elapsed time. */
  readonly from: number
  until: number
}

export const SETTLE_MS = 60_000
// A change is known at the latest when what was known before it has become stale and its answer has settled.
const LEARNED_MS = 60_000 + SETTLE_MS + 20_000

export class Judge {
  readonly problems: string[] = []
  readonly admitted: Admitted[] = []
  /** Usage of others, which nobody told us of in time. */
  foreign = false
  /** Metrics moved, or usage was stamped anew. */
  moved = false
  /** Usage that is known only after the response, or an application without room for its count: limits may be passed. */
  mayOvershoot: boolean
  readonly #limits: Held[]
  #disturbed = Number.NEGATIVE_INFINITY

  constructor(limits: readonly Limit[], mayOvershoot: boolean) {
    this.#limits = limits.map((limit) => ({ limit, from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY }))
    this.mayOvershoot = mayOvershoot
  }

  /** Something changed that answers have to tell first; denials meanwhile are right or not by chance. */
  disturb(now: number): void {
    this.#disturbed = now
  }

  /** Keeps the history of each limit's values. */
  changeLimits(next: readonly Limit[], now: number): void {
    for (const held of this.#limits.filter(({ until }) => until > now)) {
      const { metric, period, value } = held.limit
      const after = next.find((limit) => limit.metric === metric && limit.period === period)
      if (after?.value === value) continue
      held.until = now
      if (after !== undefined) this.#limits.push({ limit: { ...after }, from: held.from, until: Infinity })
    }
  }

  /** @param time the service's; `now` is elapsed time. */
  admit(admitted: Admitted, time: number, now: number): void {
    this.admitted.push(admitted)
    if (this.foreign || this.moved || this.mayOvershoot) return
    for (const { limit, from, until } of this.#limits) {
      // Before it was known, a limit cannot hold; after it is gone it need not.
      if (from + LEARNED_MS > now || until <= now || needOf(admitted.usage, limit.metric) === 0) continue
      const most = this.#greatest(limit, now)
      // An authrep under way may be counted in the next window, in which no room was reserved for it (decision 015).
      const inTheirWindow = this.admitted.filter(({ stamp, reservedAt }) => {
        return (
          reservedAt === undefined || windowOf(limit.period, reservedAt).start === windowOf(limit.period, stamp).start
        )
      })
      const used = usedOf(inTheirWindow, admitted.application, limit, time, ({ stamp }) => [stamp])
      if (used > most) this.problems.push(`law 7: ${used} admitted on ${limit.metric} per ${limit.period} of ${most}`)
    }
  }

  /** @param lost counted by the backend, but not admitted. */
  deny({ application, usage, times, at }: Denied, lost: readonly Said[]): void {
    if (this.#disturbed > at - LEARNED_MS || this.foreign || this.moved || this.mayOvershoot) return
    const counted = [...this.admitted, ...lost.map((said) => ({ ...said, stamp: said.at, held: [said.at] }))]
    const violated = this.#limits.some(({ limit, until }) => {
      if (until <= at - LEARNED_MS || !touches(usage, limit.metric)) return false
      const need = needOf(usage, limit.metric)
      return times.some((time) => usedOf(counted, application, limit, time, ({ held }) => held) + need > limit.value)
    })
    if (!violated) this.problems.push(`law 7: wrong denial of ${JSON.stringify(usage)}`)
  }

  /** Of the values that the limit had lately. */
  #greatest({ metric, period }: Limit, now: number): number {
    const values = this.#limits
      .filter(({ limit, until }) => limit.metric === metric && limit.period === period && until > now - LEARNED_MS)
      .map(({ limit }) => limit.value)
    return Math.max(...values)
  }
}

/** What usage means for a metric: its own and that of the metrics below it. */
export function needOf(usage: Usage, metric: string): number {
  let need = 0
  for (const [used, amount] of Object.entries(usage)) if (used === metric || below(used, metric)) need += amount
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
  return Object.keys(usage).some((used) => used === metric || below(used, metric))
}

function below(metric: string, ancestor: string): boolean {
  const parent = METRICS.find(({ name }) => name === metric)?.parent
  return parent !== undefined && (parent === ancestor || below(parent, ancestor))
}
