/** Somebody who may leave before he is answered, without everybody paying for an AbortSignal. */

export interface AbortSource {
  /** May be created on first read, and is not read where `aborted` is known. */
  readonly signal?: AbortSignal | undefined
  /** Whether he has left; cheap. Where it is missing, the signal tells. */
  readonly aborted?: boolean | undefined
}

/** Whether he has left. Creates no signal where `aborted` is known. */
export function isAborted(abortable: AbortSource): boolean {
  return abortable.aborted ?? abortable.signal?.aborted ?? false
}
