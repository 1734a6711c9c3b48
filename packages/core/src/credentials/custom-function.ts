/** Checks what a custom credentials function returned. */

import { DEFAULTS } from '../defaults.ts'
import type { Credentials } from '../domain/credentials.ts'
import { ConfigError } from '../errors.ts'
import { longerThan } from './locations/location.ts'
import { NO_TEXT, NOT_UTF8, SEVERAL, TOO_LONG, type UnreadableCredentials } from './unreadable.ts'

/**
 * Returns the credentials, without members that are not sent. Values that are no text, not valid Unicode or longer than
 * 4096 bytes are the caller's fault. A framework makes an array of a parameter that was sent twice, for example, and an
 * object of `user_key[a]`.
 *
 * @throws ConfigError if the value has another shape, because then the function is wrong and not the caller.
 */
export function checkCustomCredentials(
  found: Credentials | null | undefined,
): Credentials | UnreadableCredentials | undefined {
  if (found === undefined || found === null) return undefined
  const { userKey, appId, clientId, appKey } = found as {
    readonly [name in 'userKey' | 'appId' | 'clientId' | 'appKey']?: unknown
  }
  const ids = [userKey, appId, clientId].filter((id) => id !== undefined && id !== null)
  // `{ userKey: request.query.user_key }` of a request without one.
  if (ids.length === 0 && ['userKey', 'appId', 'clientId'].some((name) => name in Object(found))) return undefined
  if (ids.length > 1) return SEVERAL
  if (ids.length === 0) {
    throw new ConfigError([
      'credentials must return { userKey }, { appId, appKey } or { clientId } with texts, or undefined',
    ])
  }
  for (const value of [ids[0], appKey ?? '']) {
    if (typeof value !== 'string') return NO_TEXT
    if (!value.isWellFormed()) return NOT_UTF8
    if (longerThan(value, DEFAULTS.credentials.maxBytes)) return TOO_LONG
  }
  return isSent(found) ? found : onlyWhatIsSent(found)
}

/** Members of credentials that do not go with a user key. */
const WITH_AN_ID: ReadonlySet<string> = new Set(['appId', 'clientId', 'appKey', 'redirectUrl'])

/** Whether the client would send every member. Nearly always so, and then no object is made for the request. */
function isSent(found: Credentials): boolean {
  const members = found as unknown as Readonly<Record<string, unknown>>
  const byUserKey = members.userKey !== undefined
  for (const name in found) {
    const value = members[name]
    if (value === null) return false
    if (name !== 'userKey' && (!WITH_AN_ID.has(name) || (byUserKey && value !== undefined))) return false
  }
  return true
}

/** The function may return what a framework parsed, to which the caller can add anything. The client refuses the rest. */
function onlyWhatIsSent(found: Credentials): Credentials {
  const { userKey, appId, clientId, appKey, redirectUrl } = found as unknown as Readonly<Record<string, unknown>>
  const given: Record<string, unknown> =
    userKey === undefined || userKey === null ? { appId, clientId, appKey, redirectUrl } : { userKey }
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined && value !== null),
  ) as unknown as Credentials
}
