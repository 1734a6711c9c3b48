// @ts-check
/** Counts the backend calls of a million requests in a minute, in simulated time with the real code. */

import { row } from '../measure/row.js'
import { number, tableOf } from '../measure/table.js'
import { startChild } from '../process/child.js'

const MILLION = { requests: 1_000_000, applications: 1000, processes: 1, seconds: 60 }

/** @type {import('./index.js').Benchmark} */
export async function calls() {
  const cases = /** @type {const} */ ([
    ['1 user key each', { ...MILLION, keys: 1, kind: 'userKey' }],
    ['10 user keys each', { ...MILLION, keys: 10, kind: 'userKey' }],
    ['id and 1 key each', { ...MILLION, keys: 1, kind: 'appId' }],
    ['id and 10 keys each', { ...MILLION, keys: 10, kind: 'appId' }],
  ])
  const rows = []
  const lines = []
  for (const [name, traffic] of cases) {
    const child = startChild('scale/worker.js', { nodeOptions: ['--max-old-space-size=4096'] })
    try {
      const { authorize, authrep, report, denied, seconds } = await child.call('simulate', traffic)
      if (denied > 0) throw new Error(`${denied} requests were denied`)
      const perHundred = ((authorize + authrep + report) / traffic.requests) * 100
      rows.push(
        row(`backend calls per 100 requests, 1,000 applications, ${name}`, [perHundred], {
          unit: 'calls',
          ...(name === '1 user key each' ? { max: 1 } : undefined),
        }),
      )
      lines.push([name, number(authorize), number(authrep), number(report), number(perHundred), `${number(seconds)} s`])
    } finally {
      await child.stop()
    }
  }
  return {
    rows,
    detail: tableOf(
      ['1,000,000 requests, 1,000 applications', 'authorize', 'authrep', 'report', 'per 100', 'ran'],
      lines,
    ),
  }
}
