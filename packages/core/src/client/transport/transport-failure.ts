/** Turns what undici and Node throw into errors that carry no path, no query and no header. */
import { TransportError } from '../../errors.ts'

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

/**
 * @param origin scheme, host and port of the backend, for the message.
 * @param sent whether a byte of the request may have been written.
 */
export function transportError(error: unknown, origin: string, sent: boolean): TransportError {
  const code = word(error, 'code') ?? 'UNKNOWN'
  const message = sent
    ? `the connection to ${origin} broke before the answer was complete: ${code}`
    : `no connection to ${origin}: ${code}`
  return new TransportError(message, { sent, cause: new SafeCause(code, word(error, 'syscall')) })
}

/** A property in the form of an error code; any other text could quote what was sent. */
function word(error: unknown, property: 'code' | 'syscall'): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const value = (error as Record<string, unknown>)[property]
  return typeof value === 'string' && /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(value) ? value : undefined
}
