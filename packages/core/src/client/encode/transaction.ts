/** One transaction of a report, and how it is written into the form body. */
import { encode, encodeLog, encodeUsage, type SetUsage } from './parameter.ts'
import { timestampOf } from './timestamp.ts'

/** Exactly one of `userKey` and `appId`. */
export interface Transaction {
  readonly userKey?: string | undefined
  readonly appId?: string | undefined
  readonly usage: SetUsage
  /**
   * When it happened, to the second; a text without an offset is UTC. The backend drops the whole call when one is more than
   * 24 hours old or an hour ahead by its own clock. Default: when the backend gets to it.
   */
  readonly timestamp?: Date | string | undefined
  /** The same as UNIX time. */
  readonly timestampSeconds?: number | undefined
  /** `{ code: 200 }` counts a response code; the backend ignores other members. */
  readonly log?: Readonly<Record<string, string | number>> | undefined
  /** Another service than the call's. */
  readonly service?: string | undefined
}

export interface EncodedTransaction {
  /** Begins with `&`. */
  readonly text: string
  readonly parameters: number
}

/**
 * @param index in the call's body.
 * @param path of the transaction, for problems.
 */
export function encodeTransaction(
  transaction: Transaction,
  index: number,
  path: string,
  problems: string[],
): EncodedTransaction {
  if (typeof transaction !== 'object' || transaction === null) {
    problems.push(`${path} must be a transaction { appId, usage }`)
    return { text: '', parameters: 0 }
  }
  const { userKey, appId, usage, log } = transaction
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
    text += `${member}[timestamp]=${seconds}`
    parameters++
  }
  if (log !== undefined) {
    text += encodeLog(log, `${member}[log][`, ']=', `${path}.log`, problems)
    parameters += Object.keys(log).length
  }
  return { text, parameters }
}
