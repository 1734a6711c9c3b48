// @ts-check
/**
 * A clock that only runs while its application has its turn. On the machine's clock all callers of an application would
 * be due for a refresh after the turns of the others, which is several times as many refreshes as a server that is never
 * idle makes.
 */

/**
 * @typedef {object} ServingClock
 * @property {() => number} now
 * @property {() => number} elapsed
 * @property {(task: () => void, delayMs: number) => { cancel(): void }} schedule
 * @property {() => void} start
 * @property {() => void} stop
 */

/** @returns {ServingClock} stopped */
export function createServingClock() {
  let idle = 0
  let stoppedAt = Date.now()
  let running = false
  const now = () => (running ? Date.now() : stoppedAt) - idle
  return {
    now,
    elapsed: now,
    schedule(task, delayMs) {
      const at = now() + delayMs
      /** @type {NodeJS.Timeout} */
      let timer
      const wait = () => {
        timer = setTimeout(() => (now() >= at ? task() : wait()), Math.max(at - now(), 50))
        timer.unref()
      }
      wait()
      return { cancel: () => clearTimeout(timer) }
    },
    start() {
      idle += Date.now() - stoppedAt
      running = true
    },
    stop() {
      stoppedAt = Date.now()
      running = false
    },
  }
}
