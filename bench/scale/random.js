// @ts-check
/** Random numbers that are the same in every run (mulberry32). */

/** @param {number} seed */
export function createRandom(seed) {
  let state = seed >>> 0
  /** From 0 to below `bound`. */
  return (/** @type {number} */ bound) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * bound)
  }
}
