// @ts-check
/**
 * A clock that runs only while its application has its turn. By the system clock, all callers of an application would
 * be due for a refresh after the turns of the others. That would be several times the refreshes of a server that is
 * never idle. Its speed is the rate of requests compared with the promised traffic, so that a slow machine does not
 * cause more refreshes. During warm-up it runs fast until all callers were refreshed, as in a server that has run for a
 * while.
 */

/**
 * @typedef {object} ServingClock
 * @property {() => number} now
 * @property {() => number} elapsed
 * @property {(task: () => void, delayMs: number) => { cancel(): void }} schedule
 * @property {(speed: number) => void} start at a speed; 1 is real time
 * @property {() => void} stop
 */

/** @returns {ServingClock} stopped */
export function createServingClock() {
  let shown = Date.now()
  let since = shown
  let speed = 0
  const now = () => Math.floor(shown + (Date.now() - since) * speed)
  const run = (/** @type {number} */ next) => {
    shown = now()
    since = Date.now()
    speed = next
  }
  return {
    now,
    elapsed: now,
    schedule(task, delayMs) {
      const at = now() + delayMs
      /** @type {NodeJS.Timeout} */
      let timer
      const wait = () => {
        timer = setTimeout(() => (now() >= at ? task() : wait()), Math.max((at - now()) / Math.max(speed, 1), 50))
        timer.unref()
      }
      wait()
      return { cancel: () => clearTimeout(timer) }
    },
    start: run,
    stop: () => run(0),
  }
}
