/** Turns what undici and Node throw into errors that carry no path, no query and no header. */
import { ConfigError, TransportError } from '../../errors.ts'
import { UNDICI_MAJORS } from '../../validation/dispatcher.ts'

/** The safe part of a system error: enough to act on, nothing that was sent. */
class SafeCause extends Error {
  readonly code: string
  readonly syscall: string | undefined

  constructor(code: string, syscall: string | undefined) {
    super(syscall === undefined ? code : `${syscall} ${code}`)
    this.code = code
    this.syscall = syscall
  }

  override get name(): string {
    return 'SystemError'
  }
}

/** The dispatcher cannot be called as undici 7 is called. No state of the backend is the reason, so it is no outage. */
export class UnusableDispatcher extends ConfigError {
  /** Whether a byte of the request may have been written. */
  readonly sent: boolean

  constructor(problem: string, sent: boolean) {
    super([problem])
    this.sent = sent
  }

  override get name(): string {
    return 'ConfigError'
  }
}

/**
 * What a dispatcher threw or reported.
 *
 * @param origin scheme, host and port of the backend, for the message.
 * @param sent whether a byte of the request may have been written.
 */
export function dispatchFailure(error: unknown, origin: string, sent: boolean): TransportError | UnusableDispatcher {
  if (isMisuse(error)) {
    return new UnusableDispatcher(
      `the dispatcher cannot be used: it must be one of undici ${UNDICI_MAJORS} (${word(error, 'code') ?? 'TypeError'})`,
      sent,
    )
  }
  const code = word(error, 'code') ?? 'UNKNOWN'
  const message = sent
    ? `the connection to ${origin} broke before the answer was complete: ${code}`
    : `no connection to ${origin}: ${code}`
  return new TransportError(message, { sent, cause: new SafeCause(code, word(error, 'syscall')) })
}

/** An error of the code that calls, not of a connection. Told by name, as it may be of another realm. */
function isMisuse(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { name, code } = error as { readonly name?: unknown; readonly code?: unknown }
  return name === 'TypeError' || code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED'
}

/** A property in the form of an error code; any other text could quote what was sent. */
function word(error: unknown, property: 'code' | 'syscall'): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const value = (error as Record<string, unknown>)[property]
  return typeof value === 'string' && /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(value) ? value : undefined
}
