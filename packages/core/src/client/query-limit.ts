/** Denies calls whose query is longer than the backend reads. */
import { REQUEST_TOO_LARGE, USAGE_TOO_LARGE } from '../domain/rejection-codes.ts'
import type { NotAuthorized } from '../domain/verdict.ts'
import { deniedVerdict } from './answer/lazy-verdict.ts'

/** Limit of the backend's web server, which answers longer queries with an empty 400. */
const MAX_QUERY_BYTES = 10_240

/**
 * The denial of a call whose query is too long; undefined if it is not. Such a call is not sent: a proxy on the way may
 * break the connection, and a caller could then cause what looks like an outage.
 *
 * @param callerBytes bytes of the path that the caller sent; if they are more than the rest, it is the caller's fault.
 */
export function tooLong(path: string, callerBytes: number): NotAuthorized | undefined {
  const queryBytes = path.length - path.indexOf('?') - 1
  if (queryBytes <= MAX_QUERY_BYTES) return undefined
  const code = callerBytes > queryBytes - callerBytes ? REQUEST_TOO_LARGE : USAGE_TOO_LARGE
  const reason = `the call would take ${queryBytes} bytes of parameters, the backend reads ${MAX_QUERY_BYTES}`
  return deniedVerdict(414, code, reason)
}
