/** Time and timers behind one seam, so that tests move the clock instead of sleeping. */

/** A pending timer; opaque. */
export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Whole milliseconds since some moment of the past. Unlike `now` it is never set, so it tells how long something took or is to wait. */
  elapsed(): number
  /** Runs `task` once after `delayMs`. A timer never keeps the process alive. */
  schedule(task: () => void, delayMs: number): Timer
}

/**
 * Whether a moment still lies ahead. One that lies further ahead than it can ever have been set is a sign of a clock
 * that was set back, and does not count.
 *
 * @param longestMs the longest it is set ahead, milliseconds.
 */
export function liesAhead(moment: number, now: number, longestMs: number): boolean {
  return now < moment && moment - now <= longestMs
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: Date.now,
  elapsed: () => Math.floor(performance.now()),
  schedule(task, delayMs) {
    // Node turns delays above 2^31 - 1 into 1 ms.
    const timer = setTimeout(task, Math.min(delayMs, 2_147_483_647))
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
}

/** Test seam: an options object may carry another clock under this symbol. */
export const CLOCK: unique symbol = Symbol('threescale.clock')
