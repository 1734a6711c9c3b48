/** Says what a fetch of an identity provider's keys brought, and what the operator can do. */
import type { KeysMessage } from './messages.ts'

export function keysSentence({ event, endpoint, issuer, code }: KeysMessage): string {
  if (event === 'changed') return `the keys of ${endpoint} were read`
  if (event !== 'failed') return `the keys of ${endpoint} can be read again`
  const effect =
    issuer === undefined ? 'no access token is accepted until they can' : 'those that were read before stay in use'
  return `the keys of ${endpoint} cannot be read (${code}${keysHint(code)}): ${effect}`
}

/** What to look at after a fetch failed with the code, to be put behind it; empty if the code says it all. */
export function keysHint(code: string | undefined): string {
  if (code === undefined || !ELSEWHERE.has(code)) return ''
  return '; is the address of the issuer right? Its document is /.well-known/openid-configuration below that'
}

/** Codes of an address where no identity provider answers. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['redirect', 'status_404', 'not_json', 'issuer_missing'],
])
