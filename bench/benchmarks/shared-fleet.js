// @ts-check
/** Counts the backend calls and Redis commands of fleets of 1 to 1,000 processes that share a store, simulated. */
import { row } from '../measure/row.js'
import { number, tableOf } from '../measure/table.js'
import { startChild } from '../process/child.js'

const REQUESTS_PER_SECOND = 16_667
const APPLICATIONS = 1000
const FROM_SECOND = 15
const SECONDS = 25

// Of large fleets a part of the applications and their requests is simulated: at one process they hardly meet.
const CASES = /** @type {const} */ ([
  { processes: 1, limitCount: 3, share: 1 },
  { processes: 10, limitCount: 3, share: 1 },
  { processes: 100, limitCount: 3, share: 0.2 },
  { processes: 1000, limitCount: 3, share: 0.1 },
  { processes: 10, limitCount: 0, share: 1 },
])

/** @type {import('./index.js').Benchmark} */
export async function sharedFleet() {
  const rows = []
  const lines = []
  for (const { processes, limitCount, share } of CASES) {
    const child = startChild('scale/worker.js', { nodeOptions: ['--max-old-space-size=4096'] })
    try {
      const { authorize, report, commands, denied } = await child.call('simulateShared', {
        requestsPerSecond: REQUESTS_PER_SECOND * share,
        applications: APPLICATIONS * share,
        processes,
        limitCount,
        fromSecond: FROM_SECOND,
        seconds: SECONDS,
      })
      if (denied > 0) throw new Error(`${denied} requests were denied`)
      // Each process has one heartbeat a second, and a report takes up to 1,000 applications.
      const all = (commands - processes) / share + processes
      const calls = authorize / share + report
      const limits = limitCount === 0 ? 'no limit' : `${limitCount} limits`
      rows.push(
        row(
          `backend calls per 100 requests, ${processes} processes on one store, ${limits}`,
          [(calls / REQUESTS_PER_SECOND) * 100],
          { unit: 'calls', max: 1 },
        ),
      )
      lines.push([processes, authorize / share, report, all].map((value) => number(value)).concat(limits))
    } finally {
      await child.stop()
    }
  }
  return {
    rows,
    detail: tableOf(['processes', 'authorize/s', 'report/s', 'Redis commands/s', 'limits'], lines),
  }
}
