/** Values that are there at once or later: callbacks may be async, and what is known locally must cost no promise. */

/** Plain, or later. A callback that throws goes to the framework's error handling, it never lets a request through. */
export type MaybePromise<Value> = Value | Promise<Value>

/** Whether a value has to be waited for; any thenable does, whoever's promise it is. */
export function isPromise<Value>(value: MaybePromise<Value>): value is Promise<Value> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
