/** Requests that wait for the same application and usage: one line in a command, however many they are. */
import type { Asked, Asking, UsageShape } from '@threescale/core'
import type { SharedApplication } from './shared-application.ts'

export const LATER: Asked = Object.freeze({ kind: 'later' })
/** The store answers, but 3scale has not proved the application for `staleMs`. */
export const UNPROVED: Asked = Object.freeze({ kind: 'later', unproved: true })
export const UNSETTLED: Asked = Object.freeze({ kind: 'unsettled' })

/** A request that waits. */
export interface Waiter {
  readonly answer: (asked: Asked) => void
  /** By elapsed time; then it is answered by 'later'. */
  readonly until: number
  /** Answered. */
  over: boolean
}

export class Line {
  readonly application: SharedApplication
  readonly usage: UsageShape
  readonly asking: Asking
  /** Whether it goes by the counts however long ago 3scale has proved the application. */
  readonly aged: boolean
  /** The last answer was that 3scale has to prove the application first. */
  unproved = false
  /** Empty: the counts alone are asked for. */
  waiters: Waiter[] = []
  /** Not to be sent earlier, by elapsed time. */
  notBefore = 0
  tries = 0

  constructor(application: SharedApplication, usage: UsageShape, asking: Asking, aged: boolean) {
    this.application = application
    this.usage = usage
    this.asking = asking
    this.aged = aged
  }
}

/** Answers the first `n` of the requests that still wait. @returns how many of `n` are left. */
export function answerFirst(waiters: readonly Waiter[], n: number, asked: Asked): number {
  let left = n
  for (const waiter of waiters) {
    if (left === 0) break
    if (waiter.over) continue
    waiter.over = true
    waiter.answer(asked)
    left -= 1
  }
  return left
}
