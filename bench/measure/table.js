// @ts-check
/** Formats tables as text. */

/**
 * Aligns columns, with numbers to the right.
 *
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} lines
 */
export function tableOf(head, lines) {
  const all = [head, ...lines]
  const widths = head.map((_, column) => Math.max(...all.map((line) => (line[column] ?? '').length)))
  const isNumber = (/** @type {string} */ cell) => /^[\d.,]+( ?\S{1,8})?$/.test(cell)
  const format = (/** @type {readonly string[]} */ line) =>
    line
      .map((cell, column) => (isNumber(cell) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  return [format(head), widths.map((width) => '-'.repeat(width)).join('  '), ...lines.map(format)].join('\n')
}

/** Formats a number with four significant digits and separated thousands. */
export function number(/** @type {number} */ value) {
  if (!Number.isFinite(value)) return '-'
  return value.toLocaleString('en-US', value >= 1000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 4 })
}

/** @param {readonly import('./row.js').Row[]} rows */
export function rowsTable(rows) {
  return tableOf(
    ['what', 'figure', 'quartiles', 'runs', 'reach', 'reached'],
    rows.map(({ what, figure, low, high, runs, unit, reach, reached, note }) => [
      note === undefined ? what : `${what} (${note})`,
      `${number(figure)} ${unit}`,
      runs === 1 ? '' : `${number(low)} .. ${number(high)}`,
      String(runs),
      [
        reach?.min === undefined ? '' : `>= ${number(reach.min)}`,
        reach?.max === undefined ? '' : `<= ${number(reach.max)}`,
      ]
        .join(' ')
        .trim(),
      reached === undefined ? '' : reached ? 'yes' : 'NO',
    ]),
  )
}
