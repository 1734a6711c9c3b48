// @ts-check
/** Medians and quartiles, which a noisy machine hardly changes, and the mean. */

/**
 * @param {readonly number[]} values
 * @param {number} share 0 to 1
 */
export function quantile(values, share) {
  if (values.length === 0) return Number.NaN
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const low = sorted[Math.floor(place)] ?? Number.NaN
  const high = sorted[Math.ceil(place)] ?? Number.NaN
  return low + (high - low) * (place - Math.floor(place))
}

/** @param {readonly number[]} values */
export const median = (values) => quantile(values, 0.5)

/** @param {readonly number[]} values */
export const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

/**
 * The median and the quartiles.
 *
 * @typedef {{ middle: number, low: number, high: number, runs: number }} Spread
 * @param {readonly number[]} values
 * @returns {Spread}
 */
export function spreadOf(values) {
  return {
    middle: median(values),
    low: quantile(values, 0.25),
    high: quantile(values, 0.75),
    runs: values.length,
  }
}
