// @ts-check
/** Counts the backend calls of fleets of 10, 100 and 1,000 processes: simulated, and by the formula. */

import { row } from '../measure/row.js'
import { number, tableOf } from '../measure/table.js'
import { startChild } from '../process/child.js'
import { callsPerSecond } from '../scale/fleet.js'

const REQUESTS_PER_SECOND = 16_667
const APPLICATIONS = 1000
const FROM_SECOND = 60
const SECONDS = 300

/** @type {import('./index.js').Benchmark} */
export async function fleet() {
  const rows = []
  const lines = []
  const cases = /** @type {const} */ ([
    [1, 'userKey', 1],
    [10, 'userKey', 1],
    [100, 'userKey', 1],
    [1000, 'userKey', 1],
    [10, 'userKey', 10],
    [10, 'appId', 10],
  ])
  for (const [processes, kind, keys] of cases) {
    // Random dispatch gives each process a similar share, so a sample represents the fleet.
    const sample = Math.min(processes, 10)
    const child = startChild('scale/worker.js', { nodeOptions: ['--max-old-space-size=4096'] })
    try {
      const traffic = {
        applications: APPLICATIONS,
        keys,
        kind,
        processes: sample,
      }
      const during = (/** @type {number} */ seconds) =>
        child.call('simulate', {
          ...traffic,
          requests: Math.round((REQUESTS_PER_SECOND * seconds * sample) / processes),
          seconds,
        })
      // The difference of two runs of one stream leaves out the calls at the start. They are long compared with the
      // ttl, because callers that started together are also due together.
      const long = await during(SECONDS)
      const short = await during(FROM_SECOND)
      const scale = processes / sample / (SECONDS - FROM_SECOND)
      const authorize = (long.authorize + long.authrep - short.authorize - short.authrep) * scale
      const report = (long.report - short.report) * scale
      const formula = callsPerSecond({
        requestsPerSecond: REQUESTS_PER_SECOND,
        applications: APPLICATIONS,
        // One answer lists all keys of an application.
        identities: kind === 'userKey' ? keys : 1,
        processes,
        ttlSeconds: 10,
        intervalSeconds: 10,
      })
      rows.push(
        row(
          `fleet of ${processes}, ${keys} ${kind === 'userKey' ? 'user keys' : 'keys with ids'}: simulated calls / formula`,
          [(authorize + report) / formula.total],
          {
            unit: 'x',
            min: 0.95,
            max: 1.05,
          },
        ),
      )
      lines.push(
        [processes, keys, REQUESTS_PER_SECOND, authorize, report, authorize + report, formula.total]
          .map((value) => number(value))
          .concat(kind),
      )
    } finally {
      await child.stop()
    }
  }
  return {
    rows,
    detail: tableOf(
      ['processes', 'keys each', 'requests/s', 'authorize/s', 'report/s', 'calls/s', 'formula', 'kind'],
      lines,
    ),
  }
}
