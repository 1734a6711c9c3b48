/** How much the backend reads of a query. */
import { REQUEST_TOO_LARGE, USAGE_TOO_LARGE } from '../domain/rejection-codes.ts'
import type { NotAuthorized } from '../domain/verdict.ts'
import { deniedVerdict } from './answer/lazy-verdict.ts'

/** Limit of the backend's web server (facts of apisonator, section 2: an empty 400 beyond it). */
const MAX_QUERY_BYTES = 10_240

/**
 * The denial of a call whose query is too long; undefined when it is not. Such a call is not sent: a proxy on the way may
 * answer by breaking the connection, which would look like an outage that a caller can cause.
 *
 * @param callerBytes how much of the path is what the caller sent; the fault is his when it is more than the rest.
 */
export function tooLong(path: string, callerBytes: number): NotAuthorized | undefined {
  const queryBytes = path.length - path.indexOf('?') - 1
  if (queryBytes <= MAX_QUERY_BYTES) return undefined
  const code = callerBytes > queryBytes - callerBytes ? REQUEST_TOO_LARGE : USAGE_TOO_LARGE
  const reason = `the call would take ${queryBytes} bytes of parameters, the backend reads ${MAX_QUERY_BYTES}`
  return deniedVerdict(414, code, reason)
}
