/** Time and timers behind one interface, so that tests move the clock instead of sleeping. */

/** The longest delay of Node's timers, in milliseconds; Node turns a longer one into 1 ms. */
export const MAX_TIMER_MS = 2_147_483_647

/** A pending timer. */
export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Whole milliseconds since some moment in the past. It measures durations: unlike `now`, it is never set. */
  elapsed(): number
  /** Runs `task` once after `delayMs`. A timer never keeps the process alive. */
  schedule(task: () => void, delayMs: number): Timer
}

/**
 * Whether a moment is still in the future. A moment further ahead than it can have been set shows that the clock was
 * set back, and does not count.
 *
 * @param maxMs how far ahead the moment can have been set, in milliseconds.
 */
export function liesAhead(moment: number, now: number, maxMs: number): boolean {
  return now < moment && moment - now <= maxMs
}

/** The machine's clock. It looks its functions up at each call, so that fake timers of tests work. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => Math.floor(performance.now()),
  schedule(task, delayMs) {
    const timer = setTimeout(task, Math.min(delayMs, MAX_TIMER_MS))
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
}

/** Test seam: an options object may carry another clock under this symbol. */
export const CLOCK: unique symbol = Symbol.for('threescale.clock')
