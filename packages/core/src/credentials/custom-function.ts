/** Checks what a custom credentials function returned. */

import { DEFAULTS } from '../defaults.ts'
import type { Credentials } from '../domain/credentials.ts'
import { ConfigError } from '../errors.ts'
import { longerThan } from './locations/location.ts'
import { NO_TEXT, NOT_UTF8, SEVERAL, TOO_LONG, type UnreadableCredentials } from './unreadable.ts'

/**
 * Returns the credentials. Values that are no text, not valid Unicode or longer than 4096 bytes are the caller's fault.
 * A framework makes an array of a parameter that was sent twice, for example, and an object of `user_key[a]`.
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
  if (appKey !== null) return found
  const { appKey: _absent, ...rest } = found as Credentials & { readonly appKey?: unknown }
  return rest as Credentials
}
