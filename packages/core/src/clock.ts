/** Time and timers behind one seam, so that tests move the clock instead of sleeping. */

/** A pending timer; opaque. */
export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Runs `task` once after `delayMs`. A timer never keeps the process alive. */
  schedule(task: () => void, delayMs: number): Timer
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: Date.now,
  schedule(task, delayMs) {
    // Node turns delays above 2^31 - 1 into 1 ms.
    const timer = setTimeout(task, Math.min(delayMs, 2_147_483_647))
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
}

/** Test seam: an options object may carry another clock under this symbol. */
export const CLOCK: unique symbol = Symbol('threescale.clock')
