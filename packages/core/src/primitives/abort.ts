/** Tells whether the caller has disconnected, without creating an AbortSignal for every request. */

export interface AbortSource {
  /** May be created on first read; not read if `aborted` is known. */
  readonly signal?: AbortSignal | undefined
  /** Whether the caller has disconnected; must be cheap. If it is missing, the signal is read. */
  readonly aborted?: boolean | undefined
}

/** Whether the caller has disconnected. Creates no signal if `aborted` is known. */
export function isAborted(source: AbortSource): boolean {
  return source.aborted ?? source.signal?.aborted ?? false
}
