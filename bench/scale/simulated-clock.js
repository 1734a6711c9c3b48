// @ts-check
/** A clock that moves only when it is advanced; the gateway accepts it under the symbol CLOCK. */

/**
 * @typedef {object} SimulatedClock
 * @property {() => number} now
 * @property {() => number} elapsed
 * @property {(task: () => void, delayMs: number) => { cancel(): void }} schedule
 * @property {(milliseconds: number) => Promise<void>} advance runs the timers that become due, and waits for what they start
 */

/**
 * @param {number} start epoch milliseconds
 * @returns {SimulatedClock}
 */
export function createSimulatedClock(start) {
  let now = start
  /** @type {Set<{ task: () => void, at: number }>} */
  const timers = new Set()
  const due = (/** @type {number} */ until) => {
    /** @type {{ task: () => void, at: number } | undefined} */
    let first
    for (const timer of timers) if (timer.at <= until && (first === undefined || timer.at < first.at)) first = timer
    return first
  }
  return {
    now: () => now,
    elapsed: () => now,
    schedule(task, delayMs) {
      const timer = { task, at: now + delayMs }
      timers.add(timer)
      return { cancel: () => timers.delete(timer) }
    },
    async advance(milliseconds) {
      const until = now + milliseconds
      for (let timer = due(until); timer !== undefined; timer = due(until)) {
        timers.delete(timer)
        now = Math.max(now, timer.at)
        timer.task()
        await quiet()
      }
      now = until
      await quiet()
    },
  }
}

/** Resolves one turn of the event loop later. Without sockets, everything that was started has then ended. */
export const quiet = () => new Promise((resolve) => setImmediate(resolve))
