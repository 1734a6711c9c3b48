/** Says what a fetch of an identity provider's keys brought, and what the operator can do. */
import type { KeysMessage } from './messages.ts'

export function keysSentence({ event, endpoint, issuer, code }: KeysMessage): string {
  if (event === 'changed') return `the keys of ${endpoint} were read`
  if (event !== 'failed') return `the keys of ${endpoint} can be read again`
  const effect =
    issuer === undefined ? 'no access token is accepted until they can' : 'those that were read before stay in use'
  return `the keys of ${endpoint} cannot be read (${code}): ${effect}`
}
