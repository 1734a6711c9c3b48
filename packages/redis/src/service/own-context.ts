/** Keeps the sessions' work out of the async contexts of the requests that start it. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '@threescale/core'

interface Scheduling {
  readonly clock: Clock
  readonly defer: (task: () => void) => void
}

/** The same, so that what they run belongs to the context in which this is called. */
export function ownContext(clock: Clock, defer: Scheduling['defer']): Scheduling {
  const inContext = AsyncLocalStorage.snapshot()
  return {
    clock: {
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      schedule: (task, delayMs) => inContext(() => clock.schedule(task, delayMs)),
    },
    defer: (task) => inContext(() => defer(task)),
  }
}
