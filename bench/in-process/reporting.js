// @ts-check
/**
 * Scenario: from admitted hits to an acknowledged report. One hit of each application is added, encoded and sent to a
 * stub.
 */
import { createAnswers } from '../backend/answers.js'
import { gatewayThrough } from '../backend/gateway.js'
import { userKey } from '../backend/provider.js'
import { createSimulatedClock } from '../scale/simulated-clock.js'

const HOUR_MS = 3_600_000
const INTERVAL_MS = 10_000

/**
 * A step is one interval: the applications' hits, and their report.
 *
 * @param {{ applications: number, metrics: number }} settings
 * @returns {Promise<import('./worker.js').Scenario>}
 */
export async function prepare({ applications, metrics }) {
  const clock = createSimulatedClock(Date.UTC(2026, 0, 15, 10, 0))
  const answers = createAnswers({ limitCount: 0, now: clock.now, counting: false })
  const gateway = gatewayThrough(
    answers,
    {
      usage: Object.fromEntries(Array.from({ length: metrics }, (_, metric) => [`metric_${metric}`, 1])),
      cache: { ttlMs: HOUR_MS, staleMs: 24 * HOUR_MS, settleMs: INTERVAL_MS },
      report: { intervalMs: INTERVAL_MS },
    },
    clock,
  )
  const views = Array.from({ length: applications }, (_, application) => ({
    method: 'GET',
    url: `/v1/words/word?user_key=${userKey(application)}`,
    header: () => undefined,
  }))
  for (const view of views) await gateway.evaluate(view)
  return {
    asynchronous: true,
    async step() {
      const before = answers.calls.report
      for (const view of views) gateway.evaluate(view)
      await clock.advance(INTERVAL_MS)
      // The clock does not wait for the turns of the event loop that a report takes.
      await gateway.flush()
      if (answers.calls.report === before) throw new Error('nothing was reported')
    },
  }
}
