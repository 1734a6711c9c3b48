/** Tells the operator what needs a person: through the logger, else once as a process warning. Never once per request. */

import type { Clock } from '../primitives/clock.ts'
import type { Logger } from './logger.ts'

/** With a logger the same code is said again after this long, with the number of times it was held back. */
const QUIET_MS = 60_000
/** Codes come from the backend too, so their number is bounded. */
const MAX_CODES = 100

export interface Operator {
  /** `facts` and `message` must be free of secrets. */
  tell(level: 'warn' | 'error', code: string, message: string, facts?: object): void
}

/** Without a logger each code is said once in the operator's lifetime, as a `ThreeScaleWarning` of the process. */
export function createOperator(logger: Logger | undefined, clock: Clock): Operator {
  const said = new Map<string, { at: number; heldBack: number }>()
  return {
    tell(level, code, message, facts) {
      const now = clock.elapsed()
      const before = said.get(code)
      if (before !== undefined && (logger === undefined || now - before.at < QUIET_MS)) {
        before.heldBack++
        return
      }
      if (before === undefined && said.size >= MAX_CODES) return
      said.set(code, { at: now, heldBack: 0 })
      if (logger === undefined) {
        process.emitWarning(message, { type: 'ThreeScaleWarning', code })
        return
      }
      const heldBack = before === undefined || before.heldBack === 0 ? undefined : before.heldBack
      logger[level]({ code, ...facts, ...(heldBack === undefined ? {} : { heldBack }) }, message)
    },
  }
}
