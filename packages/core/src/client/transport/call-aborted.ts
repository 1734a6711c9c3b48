/** Tells an abort apart from a failure. The client never throws it: its callers get the reason. */

/** The call was aborted by its signal, or its client disconnected before it was written. */
export class CallAborted extends Error {
  /** The signal's reason, with which the client rejects. */
  readonly reason: unknown
  /** Whether a byte of the request may have been written. */
  readonly sent: boolean

  constructor(reason: unknown, sent: boolean) {
    super('the call was aborted')
    this.reason = reason
    this.sent = sent
  }
}

/** The reason if there is no signal to take it from. */
export function callerLeft(): DOMException {
  return new DOMException('the caller left before the call was sent', 'AbortError')
}
