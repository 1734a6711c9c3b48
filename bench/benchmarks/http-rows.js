// @ts-check
/** Turns the runs of HTTP contenders into rows and a table of what each of them did. */
import { figuresOf, ratiosOf } from '../measure/interleave.js'
import { row } from '../measure/row.js'
import { mean, median } from '../measure/statistics.js'
import { number, tableOf } from '../measure/table.js'

/**
 * How much of another contender's throughput one has. Decided by the requests per second of CPU time of the application
 * process, which is what a saturated core serves and does not depend on who else uses the machine; the ratio of the
 * requests per second that were seen is told beside it.
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
  return row(`${contender} / ${reference}`, perCpu, {
    unit: 'x',
    note: `seen ${number(seen)}`,
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
  if (mean(figuresOf(runs, cached, 'callsPer100')) === 0) throw new Error(`${cached}: nobody was refreshed`)
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
      number(mean(figuresOf(runs, name, 'callsPer100'))),
    ]),
  )
}
