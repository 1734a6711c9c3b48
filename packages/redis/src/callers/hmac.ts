/** How callers are named in the store: by an HMAC, so that no credential is ever in it. */
import { createHmac } from 'node:crypto'

/** Makes names that only who knows the secret can make, of 128 bits. */
export function createNames(secret: string): (text: string) => string {
  return (text) => createHmac('sha256', secret).update(text).digest('base64url').slice(0, 22)
}
