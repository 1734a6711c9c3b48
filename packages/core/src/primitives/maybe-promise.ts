/** Values now or later: callbacks may be async, but a decision that is known locally must cost no promise. */

/** A value or a promise. If a callback throws, the framework handles the error; the request is never let through. */
export type MaybePromise<Value> = Value | Promise<Value>

/** Whether a value has to be awaited; true for any thenable, so that promises of other libraries count. */
export function isPromise<Value>(value: MaybePromise<Value>): value is Promise<Value> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
