// @ts-check
/** Turns the runs of HTTP contenders into rows, and into a table of each contender's figures. */
import { figuresOf, ratiosOf } from '../measure/interleave.js'
import { row } from '../measure/row.js'
import { meanOf, median } from '../measure/statistics.js'
import { number, tableOf } from '../measure/table.js'

/**
 * The throughput of one contender as a share of another's. It compares requests per second of the application's CPU
 * time: a saturated core serves as many, and other work on the machine does not change it. The note has the ratio of
 * the requests per second that were seen, and the ratio of the means.
 *
 * @param {import('../measure/interleave.js').Runs} runs
 * @param {string} contender
 * @param {string} reference
 * @param {number} [min]
 */
export function throughputRow(runs, contender, reference, min) {
  // Requests per CPU second are the inverse of CPU time per request.
  const perCpu = ratiosOf(runs, reference, contender, 'cpuMicros')
  const seen = median(ratiosOf(runs, contender, reference, 'perSecond'))
  // Reports and large garbage collections happen in few turns, so a median does not show them.
  const mean = meanOf(figuresOf(runs, reference, 'cpuMicros')) / meanOf(figuresOf(runs, contender, 'cpuMicros'))
  return row(`${contender} / ${reference}`, perCpu, {
    unit: 'x',
    note: `of means ${number(mean)}, seen ${number(seen)}`,
    ...(min === undefined ? undefined : { min }),
  })
}

/**
 * Fails if a cached gateway made no refreshes, because part of its work would not be measured.
 *
 * @param {import('../measure/interleave.js').Runs} runs
 * @param {string} cached
 */
export function assertRefreshed(runs, cached) {
  // Reports alone make one call per 100,000 requests.
  if (meanOf(figuresOf(runs, cached, 'callsPer100')) < 0.1) throw new Error(`${cached}: no caller was refreshed`)
}

/** @param {import('../measure/interleave.js').Runs} runs */
export function contendersTable(runs) {
  return tableOf(
    ['application', 'requests/s', 'CPU us/request', 'busy', 'p50 ms', 'p99 ms', 'calls/100'],
    [...runs.keys()].map((name) => [
      name,
      ...['perSecond', 'cpuMicros', 'busy', 'p50Ms', 'p99Ms'].map((figure) =>
        number(median(figuresOf(runs, name, figure))),
      ),
      // A mean, because calls happen in few turns.
      number(meanOf(figuresOf(runs, name, 'callsPer100'))),
    ]),
  )
}
