/** Tells the operator what to correct: by the logger, or once as a process warning. Never once per request. */

import type { Clock } from '../primitives/clock.ts'
import { processWarning } from '../primitives/process-warning.ts'
import type { Logger } from './logger.ts'

/** A logger gets the same code again only after this time, with the number of times that were left out. */
const QUIET_MS = 60_000
/** Bounded, because codes come from the backend too. */
const MAX_CODES = 100

export interface Operator {
  /** `facts` and `message` must be free of secrets. */
  tell(level: 'warn' | 'error', code: string, message: string, facts?: object): void
}

/** Without a logger each code is a `ThreeScaleWarning` of the process, once. */
export function createOperator(logger: Logger | undefined, clock: Clock): Operator {
  const told = new Map<string, { at: number; heldBack: number }>()
  return {
    tell(level, code, message, facts) {
      const now = clock.elapsed()
      const before = told.get(code)
      if (before !== undefined && (logger === undefined || now - before.at < QUIET_MS)) {
        before.heldBack++
        return
      }
      if (before === undefined && told.size >= MAX_CODES) return
      told.set(code, { at: now, heldBack: 0 })
      if (logger === undefined) {
        processWarning(code, message)
        return
      }
      const heldBack = before === undefined || before.heldBack === 0 ? undefined : before.heldBack
      logger[level]({ code, ...facts, ...(heldBack === undefined ? {} : { heldBack }) }, message)
    },
  }
}
