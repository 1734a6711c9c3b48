/** One authorize or authrep call: what it is about, and how that is written as a path with query. */

import type {
  ApplicationCredentials,
  Credentials,
  OAuthCredentials,
  UserKeyCredentials,
} from '../../domain/credentials.ts'
import type { SetUsage } from '../../domain/usage.ts'
import type { AbortSource } from '../../primitives/abort.ts'
import type { Extensions } from './extensions.ts'
import { encode, encodeLog, encodeUsage, isParameterName } from './parameter.ts'

/** What one authorize or authrep call is about, beside who calls. */
export interface AuthorizeCall {
  /** Amounts, or `'#5'` to set a metric to 5. authrep defaults to `{ hits: 1 }`, authorize to none. */
  readonly usage?: SetUsage | undefined
  /** Another service than the client's own. */
  readonly service?: string | undefined
  /** Compared with the application's referrer filters, where the service has them. */
  readonly referrer?: string | undefined
  /** `{ code: 200 }` counts a response code; the backend ignores other members. authrep only. */
  readonly log?: Readonly<Record<string, string | number>> | undefined
  readonly extensions?: Extensions | undefined
  /** Further parameters, by their names on the wire; none of those that the call has its own fields for. */
  readonly extra?: Readonly<Record<string, string | number>> | undefined
  /** The call rejects with its reason once it is aborted; what is not on the wire yet is not sent. */
  readonly signal?: AbortSignal | undefined
  /**
   * What an abort does to a call that is on the wire already. `'abort'`: ends it at the price of its connection, though the
   * backend may have counted. `'finish'`: lets it finish, and the call resolves as if nothing had happened. Default `'abort'`.
   */
  readonly whenSent?: 'abort' | 'finish' | undefined
  /**
   * Whom the call is for. Unlike `signal` he costs no listener: he is looked at right before the call is written, and the
   * call rejects when he has left by then. On the wire it finishes.
   *
   * @internal
   */
  readonly caller?: AbortSource | undefined
}

export type Endpoint = 'authorize' | 'authrep'

/** Names that only the call's own fields may set. `no_body` is an extension, and an empty 200 a failure without it. */
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

/** Parameters of the caller's; the backend's last of two equal names wins, so none is ever written twice. */
export function encodeCredentials(credentials: Credentials, problems: string[]): string {
  if (typeof credentials !== 'object' || credentials === null) {
    problems.push('credentials must be an object such as { userKey }')
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
  if (userKey !== undefined) return `&user_key=${encode(userKey, 'credentials.userKey', problems)}`
  let query = `&app_id=${encode(id, appId === undefined ? 'credentials.clientId' : 'credentials.appId', problems)}`
  if (appKey !== undefined) query += `&app_key=${encode(appKey, 'credentials.appKey', problems)}`
  if (redirectUrl !== undefined) query += `&redirect_url=${encode(redirectUrl, 'credentials.redirectUrl', problems)}`
  return query
}

/** Whether the `oauth_*` endpoints are meant. */
export function isOAuth(credentials: Credentials): boolean {
  return (credentials as OAuthCredentials | undefined)?.clientId !== undefined
}

/** The referrer that the caller sent; empty when there is none. */
export function encodeReferrer(referrer: string | undefined, problems: string[]): string {
  return referrer === undefined ? '' : `&referrer=${encode(referrer, 'referrer', problems)}`
}

/** Everything of a call that is not the caller's. */
export function encodeCall(call: AuthorizeCall, usage: SetUsage | undefined, problems: string[]): string {
  let query = usage === undefined ? '' : encodeUsage(usage, '&usage%5B', '%5D=', 'usage', problems)
  if (call.log !== undefined) query += encodeLog(call.log, '&log%5B', '%5D=', 'log', problems)
  if (call.extra !== undefined) query += encodeExtra(call.extra, problems)
  return query
}

function encodeExtra(extra: Readonly<Record<string, string | number>>, problems: string[]): string {
  let query = ''
  for (const name of Object.keys(extra)) {
    if (RESERVED.has(name)) problems.push(`extra.${name} has an option of its own`)
    else if (!isParameterName(name)) problems.push('extra has a member whose name cannot be sent')
    else query += `&${encodeURIComponent(name)}=${encode(extra[name], `extra.${name}`, problems)}`
  }
  return query
}
