/** The outcome of one report call: whether it was counted, and what to do next. */
import { BackendError, ClosedError, type ProtocolError, RejectedError } from '../../errors.ts'
import { CallAborted } from '../transport/call-aborted.ts'
import type { TransportResponse } from '../transport/transport.ts'
import { failureOf, isDenial, protocolError } from './answer.ts'
import { readDenial } from './denial.ts'
import { isThreescaleType } from './media-type.ts'

export type ReportOutcome =
  /** Queued by the backend, which may still drop the whole call for one bad transaction. */
  | { readonly kind: 'accepted' }
  /** Surely not counted: send it again, after `retryAfterMs` if the backend asked for it. */
  | {
      readonly kind: 'not-counted'
      readonly retryAfterMs: number | undefined
      readonly error: unknown
      /** The content type of a 4xx that is not 3scale's. */
      readonly foreign?: string | undefined
    }
  /** Surely not counted, and refused again until our credentials or the backend's address are corrected. */
  | { readonly kind: 'refused'; readonly code: string; readonly error: RejectedError | ProtocolError }
  /** Surely not counted: one of the transactions is bad. */
  | { readonly kind: 'bad-request'; readonly error: RejectedError }
  /** Surely not counted: the request was too long. */
  | {
      readonly kind: 'too-large'
      readonly error: RejectedError
      /** The content type of an answer that is not 3scale's. */
      readonly foreign?: string | undefined
    }
  /** It may have been counted. */
  | { readonly kind: 'unknown'; readonly error: unknown }

/**
 * The outcome that an answer means.
 *
 * @param now epoch milliseconds, for a Retry-After date.
 */
export function outcomeOfAnswer(response: TransportResponse, now: number): ReportOutcome {
  const { status } = response
  if (status === 202 && isThreescaleType(response)) return ACCEPTED
  if (isDenial(status)) return outcomeOfRefusal(response)
  if (status >= 300 && status < 400) {
    const error = protocolError(response, 'an answer of 3scale')
    return { kind: 'refused', code: 'redirected', error }
  }
  const error = failureOf(response, now)
  if (error instanceof BackendError && (status === 429 || status === 503)) {
    return { kind: 'not-counted', retryAfterMs: error.retryAfterMs, error }
  }
  return { kind: 'unknown', error }
}

/** The outcome of a call without an answer; for an abort, `error` is the signal's reason. */
export function outcomeOfFailure(failure: unknown): ReportOutcome {
  const { sent } = failure as { readonly sent?: boolean }
  const error = failure instanceof CallAborted ? failure.reason : failure
  const unsent = sent === false || failure instanceof ClosedError
  return unsent ? { kind: 'not-counted', retryAfterMs: undefined, error } : { kind: 'unknown', error }
}

/** A proxy or web server says so too, and a smaller report may pass. */
const TOO_LARGE: ReadonlySet<number> = new Set([413, 414, 431])

const ACCEPTED: ReportOutcome = Object.freeze({ kind: 'accepted' })

function outcomeOfRefusal(response: TransportResponse): ReportOutcome {
  const { status } = response
  const { code, foreign } = readDenial(response, false)
  const error = new RejectedError(code, status, `the 3scale backend refused the report: ${code}`)
  if (TOO_LARGE.has(status)) return { kind: 'too-large', error, foreign }
  if (foreign !== undefined || status === 408) {
    // 3scale never saw the report, and what stands before it may let the next one pass.
    const error = protocolError(response, 'an answer of 3scale')
    return { kind: 'not-counted', retryAfterMs: undefined, error, foreign }
  }
  return status === 400 ? { kind: 'bad-request', error } : { kind: 'refused', code, error }
}
