// @ts-check
/** What fleets of 10, 100 and 1,000 processes send to the backend: simulated, and what the formula says. */

import { row } from '../measure/row.js'
import { number, tableOf } from '../measure/table.js'
import { startChild } from '../process/child.js'
import { callsPerSecond } from '../scale/fleet.js'

const REQUESTS_PER_SECOND = 16_667
const APPLICATIONS = 1000

/** @type {import('./index.js').Benchmark} */
export async function fleet() {
  const rows = []
  const lines = []
  for (const processes of [1, 10, 100, 1000]) {
    // Random dispatch gives each process a share like any other's, so a sample of them stands for the fleet.
    const sample = Math.min(processes, 10)
    const child = startChild('scale/worker.js', { nodeOptions: ['--max-old-space-size=4096'] })
    try {
      const traffic = {
        requests: Math.round((REQUESTS_PER_SECOND * 120 * sample) / processes),
        applications: APPLICATIONS,
        keys: 1,
        kind: 'userKey',
        processes: sample,
      }
      // Two runs of one stream, so that the first calls of the start do not count.
      const long = await child.call('simulate', { ...traffic, seconds: 120 })
      const short = await child.call('simulate', { ...traffic, requests: traffic.requests / 2, seconds: 60 })
      const scale = processes / sample / 60
      const authorize = (long.authorize + long.authrep - short.authorize - short.authrep) * scale
      const report = (long.report - short.report) * scale
      const formula = callsPerSecond({
        requestsPerSecond: REQUESTS_PER_SECOND,
        applications: APPLICATIONS,
        identities: 1,
        processes,
        ttlSeconds: 10,
        intervalSeconds: 10,
      })
      rows.push(
        row(`fleet of ${processes}: simulated calls / formula`, [(authorize + report) / formula.total], {
          unit: 'x',
          least: 0.9,
          most: 1.1,
        }),
      )
      lines.push(
        [processes, REQUESTS_PER_SECOND, authorize, report, authorize + report, formula.total].map((value) =>
          number(value),
        ),
      )
    } finally {
      await child.stop()
    }
  }
  return {
    rows,
    detail: tableOf(['processes', 'requests/s', 'authorize/s', 'report/s', 'calls/s', 'formula'], lines),
  }
}
