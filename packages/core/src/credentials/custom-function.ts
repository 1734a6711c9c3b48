/** Checks what a custom credentials function returned. */

import { DEFAULTS } from '../defaults.ts'
import type { Credentials } from '../domain/credentials.ts'
import { ConfigError } from '../errors.ts'
import { longerThan } from './locations/location.ts'
import { NOT_UTF8, TOO_LONG, type UnreadableCredentials } from './unreadable.ts'

/**
 * Returns the credentials. Values that are not valid Unicode or longer than 4096 bytes are the caller's fault.
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
  const ids = [userKey, appId, clientId].filter((id) => id !== undefined)
  if (ids.length !== 1 || typeof ids[0] !== 'string' || (appKey !== undefined && typeof appKey !== 'string')) {
    throw new ConfigError([
      'credentials must return { userKey }, { appId, appKey } or { clientId } with texts, or undefined',
    ])
  }
  for (const value of [ids[0], appKey ?? '']) {
    if (!value.isWellFormed()) return NOT_UTF8
    if (longerThan(value, DEFAULTS.credentials.maxBytes)) return TOO_LONG
  }
  return found
}
