// @ts-check
/** Turns the runs of HTTP contenders into rows and a table of what each of them did. */
import { figuresOf, ratiosOf } from '../measure/interleave.js'
import { row } from '../measure/row.js'
import { meanOf, median } from '../measure/statistics.js'
import { number, tableOf } from '../measure/table.js'

/**
 * How much of another contender's throughput one has. Decided by the requests per second of CPU time of the application
 * process, which is what a saturated core serves and does not depend on who else uses the machine; the ratio of the
 * requests per second that were seen is told beside it, and that of the means.
 *
 * @param {import('../measure/interleave.js').Runs} runs
 * @param {string} contender
 * @param {string} reference
 * @param {number} [least]
 */
export function throughputRow(runs, contender, reference, least) {
  // Requests per CPU second are the inverse of CPU time per request.
  const perCpu = ratiosOf(runs, reference, contender, 'cpuMicros')
  const seen = median(ratiosOf(runs, contender, reference, 'perSecond'))
  // Reports and large collections fall into few turns, which a median leaves out.
  const mean = meanOf(figuresOf(runs, reference, 'cpuMicros')) / meanOf(figuresOf(runs, contender, 'cpuMicros'))
  return row(`${contender} / ${reference}`, perCpu, {
    unit: 'x',
    note: `of means ${number(mean)}, seen ${number(seen)}`,
    ...(least === undefined ? undefined : { least }),
  })
}

/**
 * A cached gateway that is never due for a refresh would be measured without part of its work.
 *
 * @param {import('../measure/interleave.js').Runs} runs
 * @param {string} cached
 */
export function assertRefreshed(runs, cached) {
  // Reports alone are one call in 100,000.
  if (meanOf(figuresOf(runs, cached, 'callsPer100')) < 0.1) throw new Error(`${cached}: nobody was refreshed`)
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
      // Calls come in few turns, or bundled.
      number(meanOf(figuresOf(runs, name, 'callsPer100'))),
    ]),
  )
}
