/** The check of the option `closeOn`. */
import { constants } from 'node:os'
import { kindOf } from '../../validation/checks.ts'

// Nothing can listen to the last two.
const SIGNALS = Object.keys(constants.signals).filter((signal) => signal !== 'SIGKILL' && signal !== 'SIGSTOP')

/** A list of signals; the result is a frozen copy in which each is named once. */
export function checkSignals(value: unknown, path: string, problems: string[]): unknown {
  if (!Array.isArray(value)) {
    problems.push(`${path} must be an array of signals such as ['SIGTERM', 'SIGINT'], not ${kindOf(value)}`)
    return undefined
  }
  value.forEach((signal, index) => {
    if (!SIGNALS.includes(signal)) problems.push(`${path}[${index}] must be a signal to listen to, such as 'SIGTERM'`)
  })
  return Object.freeze([...new Set(value)])
}
