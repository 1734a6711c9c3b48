// @ts-check
/** A line of the result: a figure, how far its runs spread, and the number it should reach. */
import { spreadOf } from './statistics.js'

/**
 * @typedef {object} Row
 * @property {string} what
 * @property {number} figure median over the runs
 * @property {number} low lower quartile
 * @property {number} high upper quartile
 * @property {number} runs
 * @property {string} unit `x` for ratios
 * @property {{ least?: number | undefined, most?: number | undefined } | undefined} reach undefined: stated, nothing promised
 * @property {boolean | undefined} reached
 * @property {string | undefined} note
 */

/**
 * @param {string} what
 * @param {readonly number[]} values one per run
 * @param {{ unit: string, least?: number, most?: number, note?: string }} details
 * @returns {Row}
 */
export function row(what, values, { unit, least, most, note }) {
  const { middle, low, high, runs } = spreadOf(values)
  const promised = least !== undefined || most !== undefined
  const reach = promised ? { least, most } : undefined
  const reached = promised ? middle >= (least ?? -Infinity) && middle <= (most ?? Infinity) : undefined
  return { what, figure: middle, low, high, runs, unit, reach, reached, note }
}
