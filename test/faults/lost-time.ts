/** Measures how long this process could not run: on a busy machine, that delay is not the tested code's. */

const TICK_MS = 5

/** Starts measuring. The returned function stops it and returns how many milliseconds were lost meanwhile. */
export function watchLostTime(): () => number {
  let last = performance.now()
  let lostMs = 0
  const look = () => {
    const now = performance.now()
    lostMs += Math.max(0, now - last - 2 * TICK_MS)
    last = now
  }
  const timer = setInterval(look, TICK_MS)
  return () => {
    clearInterval(timer)
    look()
    return lostMs
  }
}
