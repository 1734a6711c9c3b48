/** Checks the arguments of a call for what is not encoded: their members, and the call's shape and signal. */
import type { Credentials } from '../../domain/credentials.ts'
import { isRecord, kindOf } from '../../validation/checks.ts'
import type { AuthorizeCall } from './authorize-call.ts'
import { CALL, CREDENTIALS, checkMembers, REPORT_CALL } from './members.ts'

/** Checks an authorize or authrep. Returns whether the call can be read. */
export function checkCall(credentials: Credentials, call: AuthorizeCall, problems: string[]): boolean {
  if (isRecord(credentials)) checkMembers(credentials, CREDENTIALS, 'credentials', problems)
  if (!isRecord(call)) return noObject(call, '{ usage }', problems)
  checkMembers(call, CALL, 'call', problems)
  checkSignal(call.signal, problems)
  const { whenSent } = call
  if (whenSent !== undefined && whenSent !== 'abort' && whenSent !== 'finish') {
    problems.push("whenSent must be 'abort' or 'finish'")
  }
  return true
}

/** The same for a report. */
export function checkReportCall(call: object, problems: string[]): boolean {
  if (!isRecord(call)) return noObject(call, '{ service }', problems)
  checkMembers(call, REPORT_CALL, 'call', problems)
  checkSignal(call.signal, problems)
  return true
}

function noObject(call: unknown, example: string, problems: string[]): false {
  problems.push(`call must be an object such as ${example}, not ${kindOf(call)}`)
  return false
}

/** Not instanceof, because a signal of another realm (of a test runner, for example) is one too. */
function checkSignal(signal: unknown, problems: string[]): void {
  if (signal === undefined) return
  const { aborted, addEventListener } = Object(signal) as Partial<AbortSignal>
  if (typeof aborted !== 'boolean' || typeof addEventListener !== 'function') {
    problems.push(`signal must be an AbortSignal, not ${kindOf(signal)}`)
  }
}
