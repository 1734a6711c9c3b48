/** One authorize or authrep call, and how it is encoded into a path with a query. */

import type {
  ApplicationCredentials,
  Credentials,
  OAuthCredentials,
  UserKeyCredentials,
} from '../../domain/credentials.ts'
import type { SetUsage } from '../../domain/usage.ts'
import type { AbortSource } from '../../primitives/abort.ts'
import { isRecord, kindOf } from '../../validation/checks.ts'
import type { Extensions } from './extensions.ts'
import { encode, encodeLog, encodeUsage, isParameterName } from './parameter.ts'

/** What one authorize or authrep call says beside the caller's credentials. */
export interface AuthorizeCall {
  /** Amounts, or `'#5'` to set a metric to 5. authrep defaults to `{ hits: 1 }`, authorize to none. */
  readonly usage?: SetUsage | undefined
  /** The service; default is the client's own. */
  readonly service?: string | undefined
  /** Compared with the application's referrer filters, if the service uses them. */
  readonly referrer?: string | undefined
  /** `{ code: 200 }` counts a response code; the backend ignores other members. authrep only. */
  readonly log?: Readonly<Record<string, string | number>> | undefined
  readonly extensions?: Extensions | undefined
  /** Further parameters by their names on the wire; not those that have a field here. */
  readonly extra?: Readonly<Record<string, string | number>> | undefined
  /** After an abort the call rejects with the signal's reason. A call that was not written yet is not sent. */
  readonly signal?: AbortSignal | undefined
  /**
   * What an abort does to a call that was already written. `'abort'` ends it and its connection, though the backend
   * may have counted it. `'finish'` lets it finish, and the call resolves as usual. Default `'abort'`.
   */
  readonly whenSent?: 'abort' | 'finish' | undefined
  /**
   * The request this call is made for. Checked once, right before the call is written: if the client has disconnected
   * by then, the call rejects. A call that was written finishes. Cheaper than `signal`, which needs a listener.
   *
   * @internal
   */
  readonly caller?: AbortSource | undefined
  /**
   * For a caller that 3scale was never seen to accept: whose calls it takes turns with. All such callers together wait for
   * connections as one caller does. Default: the caller waits for itself.
   *
   * @internal
   */
  readonly unverifiedShare?: string | undefined
}

export type Endpoint = 'authorize' | 'authrep'

/** Names that only the call's fields may set. `no_body` is an extension: without it an empty 200 is a failure. */
const RESERVED: ReadonlySet<string> = new Set([
  'service_token',
  'service_id',
  'provider_key',
  'user_key',
  'app_id',
  'app_key',
  'redirect_url',
  'redirect_uri',
  'referrer',
  'usage',
  'log',
  'no_body',
])

/** The caller's credentials as parameters. None is written twice: the backend takes the last of two equal names. */
export function encodeCredentials(credentials: Credentials, problems: string[]): string {
  if (!isRecord(credentials)) {
    problems.push(`credentials must be an object such as { userKey }, not ${kindOf(credentials)}`)
    return ''
  }
  const { userKey, appId, clientId, appKey, redirectUrl } = credentials as Partial<
    UserKeyCredentials & ApplicationCredentials & OAuthCredentials
  >
  const id = appId ?? clientId
  if (userKey !== undefined ? id !== undefined : id === undefined || (appId !== undefined && clientId !== undefined)) {
    problems.push('credentials must have exactly one of userKey, appId and clientId')
    return ''
  }
  if (userKey !== undefined) {
    if (appKey !== undefined || redirectUrl !== undefined) {
      problems.push('credentials: appKey and redirectUrl go with an id, not with a userKey')
    }
    return `&user_key=${encode(userKey, 'credentials.userKey', problems)}`
  }
  let query = `&app_id=${encode(id, appId === undefined ? 'credentials.clientId' : 'credentials.appId', problems)}`
  if (appKey !== undefined) query += `&app_key=${encode(appKey, 'credentials.appKey', problems)}`
  if (redirectUrl !== undefined) query += `&redirect_url=${encode(redirectUrl, 'credentials.redirectUrl', problems)}`
  return query
}

/** Whether the credentials belong to the `oauth_*` endpoints. */
export function isOAuth(credentials: Credentials): boolean {
  return (credentials as OAuthCredentials | undefined)?.clientId !== undefined
}

/** The referrer as a parameter; empty if there is none. */
export function encodeReferrer(referrer: string | undefined, problems: string[]): string {
  return referrer === undefined ? '' : `&referrer=${encode(referrer, 'referrer', problems)}`
}

/** All parameters of a call that do not come from the caller. */
export function encodeCall(call: AuthorizeCall, usage: SetUsage | undefined, problems: string[]): string {
  let query = usage === undefined ? '' : encodeUsage(usage, '&usage%5B', '%5D=', 'usage', problems)
  if (call.log !== undefined) query += encodeLog(call.log, '&log%5B', '%5D=', 'log', problems)
  if (call.extra !== undefined) query += encodeExtra(call.extra, problems)
  return query
}

function encodeExtra(extra: Readonly<Record<string, string | number>>, problems: string[]): string {
  if (!isRecord(extra)) {
    problems.push(`extra must be an object of names and values, not ${kindOf(extra)}`)
    return ''
  }
  let query = ''
  for (const name of Object.keys(extra)) {
    if (RESERVED.has(name)) problems.push(`extra.${name} has an option of its own`)
    else if (!isParameterName(name)) problems.push('extra has a member whose name cannot be sent')
    else query += `&${encodeURIComponent(name)}=${encode(extra[name], `extra.${name}`, problems)}`
  }
  return query
}
