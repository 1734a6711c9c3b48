/** How the transport tells an abort apart from a failure. Never leaves this folder. */

/** The signal fired while an exchange ran. */
export class CallAborted extends Error {
  /** The signal's reason, which is what callers get. */
  readonly reason: unknown
  /** Whether a byte of the request may have been written. */
  readonly sent: boolean

  constructor(reason: unknown, sent: boolean) {
    super('interrupted')
    this.reason = reason
    this.sent = sent
  }
}

/** The reason where no signal brings one. */
export function callerLeft(): DOMException {
  return new DOMException('the caller left before the call was sent', 'AbortError')
}
