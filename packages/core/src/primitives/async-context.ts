/** Keeps background work out of the async context of the request that happens to start it (law 17). */
import { AsyncLocalStorage } from 'node:async_hooks'

/** Runs a task in the context in which this function was made, and returns what the task returns. */
export type InContext = <Result>(task: () => Result) => Result

/**
 * Captures the present context. What a task starts, such as timers and promises, belongs to that context too, so it
 * holds no object of the request that was being served when the task ran.
 */
export function captureContext(): InContext {
  return AsyncLocalStorage.snapshot()
}
