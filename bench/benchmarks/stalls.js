// @ts-check
/** Measures the longest turn of the event loop during background work: each run in a fresh process, so nothing is warm. */
import { row } from '../measure/row.js'
import { startChild } from '../process/child.js'
import { STALLS } from '../scale/stalls.js'

const MAX_MS = 15

/** @type {import('./index.js').Benchmark} */
export async function stalls({ rounds }) {
  const runs = new Map(STALLS.map((name) => [name, /** @type {Record<string, number>[]} */ ([])]))
  for (let round = 0; round < Math.min(rounds, 9); round += 1) {
    for (const [name, results] of runs) {
      const child = startChild('scale/worker.js', { env: { NODE_NO_WARNINGS: '1' } })
      try {
        results.push(await child.call('stall', name))
      } finally {
        await child.stop()
      }
    }
  }
  const figures = (/** @type {string} */ name, /** @type {'longestMs' | 'collectionMs' | 'tookMs'} */ figure) =>
    (runs.get(name) ?? []).map((run) => run[figure] ?? Number.NaN)
  return {
    rows: STALLS.flatMap((name) => [
      row(`longest turn of the event loop: ${name}`, figures(name, 'longestMs'), { unit: 'ms', max: MAX_MS }),
      row(`longest garbage collection: ${name}`, figures(name, 'collectionMs'), { unit: 'ms' }),
      row(`the whole of it: ${name}`, figures(name, 'tookMs'), { unit: 'ms' }),
    ]),
    runs,
  }
}
