/** What an answer of the backend tells about a caller. */
import type { BackendAnswer } from '../../backend/backend.ts'
import type { Credentials } from '../../domain/credentials.ts'
import type { RememberedDenial } from '../../domain/remembered-denial.ts'
import type { NotAuthorized } from '../../domain/verdict.ts'
import type { QuestionStamp } from '../../ledger/service-ledger.ts'
import type { Identity } from './identity.ts'

export type CallerStatus =
  | { readonly kind: 'known'; readonly identity: Identity }
  /** Accepted, but its application cannot be kept: the answer cannot be read whole, or the ledger is full. */
  | { readonly kind: 'unkept' }
  /** `metric` is named where the backend's sentence tells which one it refuses. */
  | { readonly kind: 'usage'; readonly metric: string | undefined; readonly reason: string }
  | { readonly kind: 'denied'; readonly denial: RememberedDenial }
  /** Our own credentials or settings were refused, not the caller's. */
  | { readonly kind: 'provider'; readonly reason: string }

/** What identifies a caller in a question to the backend. */
export interface CallerCredentials {
  readonly credentials: Credentials
  readonly referrer: string | undefined
}

/** What the backend was asked. */
export interface AskedFor extends CallerCredentials {
  readonly metrics: readonly string[]
  readonly stamp: QuestionStamp
}

/** The result of a load; an answer with a verdict always tells the status of the caller. */
export type LoadResult =
  | { readonly answer: Extract<BackendAnswer, { kind: 'verdict' }>; readonly caller: CallerStatus }
  | { readonly answer: Exclude<BackendAnswer, { kind: 'verdict' }>; readonly caller: undefined }

/** A caller that was looked for. `answer` is undefined where another process has told about it. */
export type FoundCaller = LoadResult | { readonly answer: undefined; readonly caller: CallerStatus }

/**
 * How a search for hidden ancestors ended.
 * settled: all are known.
 * refused: one of several full limits holds for the metric, but it is unknown which.
 * unanswered: the backend could not be asked.
 * open: another limit leaves no room for a question that would show it, or usage of other processes changed the counts
 * under each question.
 */
export type AncestorSearch =
  | { readonly kind: 'settled' | 'unanswered' | 'open' }
  | { readonly kind: 'refused'; readonly verdict: NotAuthorized }
