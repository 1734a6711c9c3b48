/** Names for callers in logs and channels, from which the credentials cannot be found. */
import { createHmac, randomBytes } from 'node:crypto'
import type { Credentials } from '../domain/credentials.ts'

/** The name of a caller (or of an application, by its id) for logs. */
export type CallerNames = (credentials: Credentials) => string

/**
 * Names a caller by kind and 8 hex digits, such as `userKey:1f0a99c2`. A caller has one name during the life of the
 * process. The digits are of an HMAC with a random salt, so that keys cannot be tested against a log.
 *
 * @param salt for tests; default 32 random bytes.
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
