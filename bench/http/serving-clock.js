// @ts-check
/**
 * A clock that only runs while its application has its turn. On the machine's clock all callers of an application would
 * be due for a refresh after the turns of the others, which is several times as many refreshes as a server that is never
 * idle makes. It goes by requests rather than by time: as fast as they come compared with the traffic that is promised, so
 * that an application on a slow machine is not charged for more refreshes. While warming up it runs fast, until all
 * callers have come to a refresh, as in a server that has run for a while.
 */

/**
 * @typedef {object} ServingClock
 * @property {() => number} now
 * @property {() => number} elapsed
 * @property {(task: () => void, delayMs: number) => { cancel(): void }} schedule
 * @property {(speed: number) => void} start 1: as fast as time passes
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
