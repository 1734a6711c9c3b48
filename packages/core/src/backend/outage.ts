/** Tells which failures of a call show an outage of the backend. */
import { BackendError, ProtocolError, TimeoutError, TransportError } from '../errors.ts'

/** A call that the backend did not answer, or answered with what is no answer. */
export type OutageError = TransportError | TimeoutError | BackendError | ProtocolError

/**
 * Whether the breaker counts it, and a policy for outages holds. Not where too much was asked at once, and not for a 4xx
 * that is not 3scale's, because its cause is open.
 */
export function isOutage(error: unknown): error is OutageError {
  if (error instanceof BackendError) return error.status !== 429
  if (error instanceof TimeoutError) return !error.crowdedOut
  if (error instanceof ProtocolError) return error.status < 400
  return error instanceof TransportError
}
