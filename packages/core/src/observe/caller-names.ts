/** Names for callers in logs and channels, which cannot be turned back into credentials. */
import { createHmac, randomBytes } from 'node:crypto'
import type { Credentials } from '../domain/credentials.ts'

/** Gives a caller's credentials (or an application, by its id) a name for logs. */
export type CallerNames = (credentials: Credentials) => string

/**
 * Names callers by kind and 8 hex digits, `userKey:1f0a99c2`: the same caller has the same name as long as the process
 * lives, and nobody can try keys against a log (the digits are of an HMAC with a random salt).
 *
 * @param salt for tests; by default 32 random bytes.
 */
export function createCallerNames(salt: Uint8Array = randomBytes(32)): CallerNames {
  return (credentials) => {
    const [kind, id] =
      'userKey' in credentials
        ? ['userKey', credentials.userKey]
        : 'appId' in credentials
          ? ['appId', credentials.appId]
          : ['clientId', credentials.clientId]
    return `${kind}:${createHmac('sha256', salt).update(id).digest('hex').slice(0, 8)}`
  }
}
