/** How secrets and callers are spoken of in logs, channels and reasons: masked, or by a name that cannot be turned back. */
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

/**
 * A text with every occurrence of the secrets replaced by `***`, also where they are percent-encoded, or were sent as
 * header bytes (latin1) and come back as UTF-8.
 */
export function maskSecrets(text: string, secrets: Iterable<string | undefined>): string {
  const forms = new Set<string>()
  for (const secret of secrets) {
    if (secret === undefined || secret === '') continue
    const wellFormed = secret.toWellFormed()
    const encoded = encodeURIComponent(wellFormed)
    forms.add(secret).add(wellFormed).add(encoded).add(encoded.replaceAll('%20', '+'))
    forms.add(Buffer.from(secret, 'latin1').toString('utf8'))
  }
  let masked = text
  // Longest first, so that a secret that contains another one does not leave its rest behind.
  for (const form of [...forms].sort((left, right) => right.length - left.length)) {
    masked = masked.replaceAll(form, () => '***')
  }
  return masked
}
