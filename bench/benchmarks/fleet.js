// @ts-check
/** Counts the backend calls of fleets of 10, 100 and 1,000 processes: simulated, and by the formula. */

import { row } from '../measure/row.js'
import { number, tableOf } from '../measure/table.js'
import { startChild } from '../process/child.js'
import { callsPerSecond } from '../scale/fleet.js'

const REQUESTS_PER_SECOND = 16_667
const APPLICATIONS = 1000
/** By then each process has asked for the first time about what it reported. */
const FROM_SECOND = 90
const SECONDS = 170
/** With more processes, some see a caller so seldom that they ask about what they reported. The formula has no such calls. */
const MAX_BY_FORMULA = 10

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
    const sample = Math.min(processes, 3)
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
      const who = `fleet of ${processes}, ${keys} ${kind === 'userKey' ? 'user keys' : 'keys with ids'}`
      const byFormula = processes <= MAX_BY_FORMULA ? { min: 0.95, max: 1.05 } : {}
      rows.push(
        row(`${who}: simulated calls / formula`, [(authorize + report) / formula.total], { unit: 'x', ...byFormula }),
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
