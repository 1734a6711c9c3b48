// @ts-check
/** A row of the result: a figure, the spread of its runs, and the number it should reach. */
import { spreadOf } from './statistics.js'

/**
 * @typedef {object} Row
 * @property {string} what
 * @property {number} figure median over the runs
 * @property {number} low lower quartile
 * @property {number} high upper quartile
 * @property {number} runs
 * @property {string} unit `x` for ratios
 * @property {{ min?: number | undefined, max?: number | undefined } | undefined} reach undefined if nothing is promised
 * @property {boolean | undefined} reached
 * @property {string | undefined} note
 */

/**
 * @param {string} what
 * @param {readonly number[]} values one per run
 * @param {{ unit: string, min?: number, max?: number, note?: string }} details
 * @returns {Row}
 */
export function row(what, values, { unit, min, max, note }) {
  const { middle, low, high, runs } = spreadOf(values)
  const promised = min !== undefined || max !== undefined
  const reach = promised ? { min, max } : undefined
  const reached = promised ? middle >= (min ?? -Infinity) && middle <= (max ?? Infinity) : undefined
  return { what, figure: middle, low, high, runs, unit, reach, reached, note }
}
