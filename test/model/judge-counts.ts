/** Compares what the backend counted for each application with what was admitted and what was said to be given up. */
import type { Usage } from '../../packages/core/src/domain/usage.ts'
import type { Loss } from '../../packages/core/src/observe/observer.ts'
import type { Said } from './backend-log.ts'
import { type Admitted, needOf } from './judge.ts'

export interface FinalCounts {
  readonly application: number
  readonly metrics: readonly string[]
  readonly admitted: readonly Admitted[]
  /** What was given up of this application. */
  readonly givenUp: readonly Loss[]
  /** Reasons of losses that may have been counted all the same. */
  readonly unsureOf: readonly string[]
  /** Usage that the backend counted by an authrep whose answer was lost, so that it was not admitted. */
  readonly lost: readonly Said[]
  /** By metric, for all time. */
  readonly counted: (metric: string) => number
}

/** @returns what is missing at the backend, or was counted too often. */
export function judgeCounts({ application, metrics, givenUp, unsureOf, ...final }: FinalCounts): string[] {
  const admitted = final.admitted.filter((one) => one.application === application)
  const lost = final.lost.filter((one) => one.application === application)
  return metrics.flatMap((metric) => {
    const sumOf = (all: readonly { readonly usage: Usage }[]) =>
      all.reduce((sum, { usage }) => sum + needOf(usage, metric), 0)
    const due = sumOf(admitted)
    const least = due - sumOf(givenUp)
    const most = least + sumOf(givenUp.filter(({ reason }) => unsureOf.includes(reason))) + sumOf(lost)
    const counted = final.counted(metric)
    if (counted >= least && counted <= most) return []
    const range = `${least} to ${most} of ${due}`
    return [`law 8: the backend counted ${counted} ${metric} of application ${application}, not ${range}`]
  })
}
