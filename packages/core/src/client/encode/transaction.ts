/** Encodes one transaction for the form body of a report. */
import type { Transaction } from '../../domain/transaction.ts'
import { isRecord } from '../../validation/checks.ts'
import { checkMembers, TRANSACTION } from './members.ts'
import { encode, encodeLog, encodeUsage } from './parameter.ts'
import { staleness, timestampOf } from './timestamp.ts'

export interface EncodedTransaction {
  /** Begins with `&`. */
  readonly text: string
  readonly parameters: number
}

/**
 * @param index index in the call's body.
 * @param path path of the transaction, for problems.
 * @param now UNIX time by which the timestamp is judged; without it, it is not.
 */
export function encodeTransaction(
  transaction: Transaction,
  index: number,
  path: string,
  problems: string[],
  now?: number,
): EncodedTransaction {
  if (!isRecord(transaction)) {
    problems.push(`${path} must be a transaction { appId, usage }`)
    return { text: '', parameters: 0 }
  }
  checkMembers(transaction, TRANSACTION, path, problems)
  const { userKey, appId, usage, log } = transaction as Transaction
  const member = `&transactions[${index}]`
  if ((userKey === undefined) === (appId === undefined)) problems.push(`${path} must have one of appId and userKey`)
  let text =
    appId === undefined
      ? `${member}[user_key]=${encode(userKey ?? '', `${path}.userKey`, problems)}`
      : `${member}[app_id]=${encode(appId, `${path}.appId`, problems)}`
  let parameters = 1
  text += encodeUsage(usage, `${member}[usage][`, ']=', `${path}.usage`, problems)
  if (typeof usage === 'object' && usage !== null) parameters += Object.keys(usage).length
  const seconds = timestampOf(transaction, path, problems)
  if (seconds !== undefined) {
    const stale = now === undefined ? undefined : staleness(seconds, now)
    if (stale !== undefined) problems.push(`${path}: ${stale}`)
    text += `${member}[timestamp]=${seconds}`
    parameters++
  }
  if (log !== undefined) {
    text += encodeLog(log, `${member}[log][`, ']=', `${path}.log`, problems)
    parameters += Object.keys(Object(log)).length
  }
  return { text, parameters }
}
