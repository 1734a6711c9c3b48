/** The errors of the packages: one class per cause with a literal `code`, recognised across copies of the package. */
import type { Transaction } from './domain/transaction.ts'
import { errorPage } from './primitives/error-page.ts'
import { type ErrorDetails, isBranded, ThreeScaleError } from './three-scale-error.ts'

export { type ErrorDetails, ThreeScaleError } from './three-scale-error.ts'

/** Options that cannot work; lists every problem. */
export class ConfigError extends ThreeScaleError {
  static override readonly codes: readonly string[] = ['ERR_THREESCALE_CONFIG', 'ERR_THREESCALE_ARGUMENT']
  readonly code = 'ERR_THREESCALE_CONFIG' as 'ERR_THREESCALE_CONFIG' | 'ERR_THREESCALE_ARGUMENT'
  /** One sentence each, beginning with the path of the option. */
  readonly problems: readonly string[]
  /** Where the code is explained. Node prints it with an error that is not caught. */
  readonly url: string = errorPage('ERR_THREESCALE_CONFIG')

  constructor(problems: readonly string[], details?: ErrorDetails) {
    super(
      problems.length === 1 ? `${problems[0]}` : `${problems.length} problems:\n- ${problems.join('\n- ')}`,
      details,
    )
    this.problems = Object.freeze([...problems])
  }
}

/** Problems that the message of an ArgumentError shows; a report may have one for each of a million transactions. */
const SHOWN_PROBLEMS = 20

/**
 * Arguments of one call of the client that cannot be sent, or that 3scale would surely drop; nothing was sent. It is a
 * ConfigError, because both are mended in the code that calls. The message shows at most 20 of the problems.
 */
export class ArgumentError extends ConfigError {
  static override readonly codes: readonly string[] = ['ERR_THREESCALE_ARGUMENT']
  override readonly code = 'ERR_THREESCALE_ARGUMENT'
  override readonly url: string = errorPage('ERR_THREESCALE_ARGUMENT')

  constructor(problems: readonly string[]) {
    super(problems)
    const hidden = problems.length - SHOWN_PROBLEMS
    if (hidden <= 0) return
    const shown = problems.slice(0, SHOWN_PROBLEMS).join('\n- ')
    this.message = `${problems.length} problems:\n- ${shown}\n- and ${hidden} more, in \`problems\``
  }
}

/** There was no usable connection, or it broke: DNS, refused, reset, TLS. */
export class TransportError extends ThreeScaleError {
  static override readonly codes: readonly string[] = ['ERR_THREESCALE_TRANSPORT']
  readonly code = 'ERR_THREESCALE_TRANSPORT'
  override readonly retryable: boolean = true
  /** Whether a byte of the request may have reached the backend, so that it may have counted. */
  readonly sent: boolean

  constructor(message: string, details: ErrorDetails & { readonly sent: boolean }) {
    super(message, details)
    this.sent = details.sent
  }
}

/** There was no complete answer within `timeoutMs`. */
export class TimeoutError extends ThreeScaleError {
  static override readonly codes: readonly string[] = ['ERR_THREESCALE_TIMEOUT']
  readonly code = 'ERR_THREESCALE_TIMEOUT'
  override readonly retryable: boolean = true
  /** Whether a byte of the request may have reached the backend. */
  readonly sent: boolean
  /**
   * Whether too much was asked at once: the backend answered other calls meanwhile, and this one had no connection, or one
   * that the backend has not served yet. Calls that were never sent say so by `sent`.
   */
  readonly crowdedOut: boolean

  constructor(message: string, details: ErrorDetails & { readonly sent: boolean; readonly crowdedOut?: boolean }) {
    super(message, details)
    this.sent = details.sent
    this.crowdedOut = details.crowdedOut ?? false
  }
}

/** The backend answered 5xx or 429. */
export class BackendError extends ThreeScaleError {
  static override readonly codes: readonly string[] = ['ERR_THREESCALE_BACKEND']
  readonly code = 'ERR_THREESCALE_BACKEND'
  override readonly retryable: boolean = true
  readonly status: number
  /** From Retry-After, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(status: number, retryAfterMs?: number) {
    super(`the 3scale backend answered ${status}`)
    this.status = status
    this.retryAfterMs = retryAfterMs
  }
}

/** An answer that is not a 3scale answer: foreign, truncated, empty, encoded or too large. */
export class ProtocolError extends ThreeScaleError {
  static override readonly codes: readonly string[] = ['ERR_THREESCALE_PROTOCOL']
  readonly code = 'ERR_THREESCALE_PROTOCOL'
  override readonly retryable: boolean = true
  readonly status: number
  /** The content type of an answer that is not 3scale's; undefined if 3scale's own cannot be read. */
  readonly foreign: string | undefined

  constructor(message: string, status: number, foreign?: string) {
    super(message)
    this.status = status
    this.foreign = foreign
  }
}

/** The outcome of each transaction of a failed report. The lists together hold all transactions, in their order. */
export interface ReportProgress {
  /** Queued by the backend. */
  readonly accepted: readonly Transaction[]
  /** Surely not counted; may be reported again. */
  readonly unreported: readonly Transaction[]
  /** Sent, but no answer tells whether they were counted; if you report them again, they may count twice. */
  readonly ambiguous: readonly Transaction[]
}

const NONE: readonly Transaction[] = Object.freeze([])
const NO_PROGRESS: ReportProgress = Object.freeze({ accepted: NONE, unreported: NONE, ambiguous: NONE })

/** The backend refused our own credentials or parameters; the same call will be refused again. */
export class RejectedError extends ThreeScaleError implements ReportProgress {
  static override readonly codes: readonly string[] = ['ERR_THREESCALE_REJECTED']
  readonly code = 'ERR_THREESCALE_REJECTED'
  readonly status: number
  /** 3scale's code, `service_token_invalid` for example. */
  readonly rejection: string
  // Private, because transactions hold user keys and loggers write all enumerable members of an error.
  readonly #progress: ReportProgress

  constructor(rejection: string, status: number, message: string, progress: ReportProgress = NO_PROGRESS) {
    super(message)
    this.rejection = rejection
    this.status = status
    this.#progress = progress
  }

  get accepted(): readonly Transaction[] {
    return this.#progress.accepted
  }

  get unreported(): readonly Transaction[] {
    return this.#progress.unreported
  }

  get ambiguous(): readonly Transaction[] {
    return this.#progress.ambiguous
  }
}

/**
 * A report that failed or was aborted before its end. `cause` is the TransportError, TimeoutError, BackendError or
 * ProtocolError of the call that failed, or the signal's reason.
 */
export class ReportError extends ThreeScaleError implements ReportProgress {
  static override readonly codes: readonly string[] = ['ERR_THREESCALE_REPORT']
  readonly code = 'ERR_THREESCALE_REPORT'
  override readonly retryable: boolean
  readonly #progress: ReportProgress

  constructor(cause: unknown, progress: ReportProgress) {
    const { accepted, unreported, ambiguous } = progress
    super(
      `the report ended early: ${accepted.length} transactions accepted, ${unreported.length} not reported, ` +
        `${ambiguous.length} perhaps counted`,
      { cause },
    )
    this.retryable = isThreeScaleError(cause) && cause.retryable
    this.#progress = progress
  }

  get accepted(): readonly Transaction[] {
    return this.#progress.accepted
  }

  get unreported(): readonly Transaction[] {
    return this.#progress.unreported
  }

  get ambiguous(): readonly Transaction[] {
    return this.#progress.ambiguous
  }
}

/** The configuration could not be loaded, for a `reason` such as 'status_403' or 'no_services'. */
export class LoadError extends ThreeScaleError {
  readonly code = 'ERR_THREESCALE_LOAD'
  override readonly retryable: boolean = true
  readonly reason: string

  constructor(message: string, reason: string) {
    super(message)
    this.reason = reason
  }
}

/** The breaker is open: calls to the backend pause after repeated failures. */
export class CircuitOpenError extends ThreeScaleError {
  static override readonly codes: readonly string[] = ['ERR_THREESCALE_CIRCUIT_OPEN']
  readonly code = 'ERR_THREESCALE_CIRCUIT_OPEN'
  override readonly retryable: boolean = true
  readonly retryAfterMs: number

  constructor(retryAfterMs: number) {
    super('the 3scale backend failed repeatedly and is given a pause')
    this.retryAfterMs = retryAfterMs
  }
}

/** A client was used after `close()`. */
export class ClosedError extends ThreeScaleError {
  static override readonly codes: readonly string[] = ['ERR_THREESCALE_CLOSED']
  readonly code = 'ERR_THREESCALE_CLOSED'
}

export type AnyThreeScaleError =
  | ConfigError
  | ArgumentError
  | TransportError
  | TimeoutError
  | BackendError
  | ProtocolError
  | RejectedError
  | ReportError
  | LoadError
  | CircuitOpenError
  | ClosedError

/** Whether an error is of these packages, including another copy of them. */
export function isThreeScaleError(error: unknown): error is AnyThreeScaleError {
  return isBranded(error)
}
