// @ts-check
/** A clock that moves only when it is advanced; the gateway accepts it under the symbol CLOCK. */

/**
 * @typedef {object} SimulatedClock
 * @property {() => number} now
 * @property {() => number} elapsed
 * @property {(task: () => void, delayMs: number) => { cancel(): void }} schedule
 * @property {(milliseconds: number) => Promise<void>} advance runs the timers that become due, and gives what each starts one turn of the event loop
 */

/**
 * @param {number} start epoch milliseconds
 * @returns {SimulatedClock}
 */
export function createSimulatedClock(start) {
  let now = start
  const timers = createTimers()
  return {
    now: () => now,
    elapsed: () => now,
    schedule(task, delayMs) {
      const timer = timers.add(task, now + delayMs)
      return {
        cancel() {
          timer.cancelled = true
        },
      }
    },
    async advance(milliseconds) {
      const until = now + milliseconds
      for (let timer = timers.next(until); timer !== undefined; timer = timers.next(until)) {
        now = Math.max(now, timer.at)
        timer.task()
        await quiet()
      }
      now = until
      await quiet()
    },
  }
}

/**
 * Timers, the first one first: a heap, because a fleet has thousands.
 *
 * @typedef {{ task: () => void, at: number, order: number, cancelled: boolean }} Timer
 */
function createTimers() {
  /** @type {Timer[]} */
  const heap = []
  let added = 0
  const at = (/** @type {number} */ place) => /** @type {Timer} */ (heap[place])
  const isBefore = (/** @type {number} */ a, /** @type {number} */ b) =>
    at(a).at < at(b).at || (at(a).at === at(b).at && at(a).order < at(b).order)
  const swap = (/** @type {number} */ a, /** @type {number} */ b) => {
    const first = at(a)
    heap[a] = at(b)
    heap[b] = first
  }
  const take = () => {
    swap(0, heap.length - 1)
    const timer = heap.pop()
    for (let place = 0; ; ) {
      const [left, right] = [2 * place + 1, 2 * place + 2]
      let least = place
      if (left < heap.length && isBefore(left, least)) least = left
      if (right < heap.length && isBefore(right, least)) least = right
      if (least === place) return timer
      swap(place, least)
      place = least
    }
  }
  return {
    add(/** @type {() => void} */ task, /** @type {number} */ due) {
      added += 1
      const timer = { task, at: due, order: added, cancelled: false }
      let place = heap.push(timer) - 1
      for (let parent = (place - 1) >> 1; place > 0 && isBefore(place, parent); parent = (place - 1) >> 1) {
        swap(place, parent)
        place = parent
      }
      return timer
    },
    /** Takes the first timer that is due until then. */
    next(/** @type {number} */ until) {
      while (heap.length > 0 && at(0).at <= until) {
        const timer = take()
        if (timer !== undefined && !timer.cancelled) return timer
      }
      return undefined
    },
  }
}

/** Resolves one turn of the event loop later. Without sockets, a call has ended then; work in slices goes on. */
export const quiet = () => new Promise((resolve) => setImmediate(resolve))
