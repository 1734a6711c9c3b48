// @ts-check
/** Measures the memory of a cached application, and what a full cache pauses. */

import { row } from '../measure/row.js'
import { startChild } from '../process/child.js'

/** @type {import('./index.js').Benchmark} */
export async function memory() {
  const rows = []
  for (const applications of [10_000, 100_000]) {
    const child = startChild('scale/worker.js', {
      nodeOptions: ['--expose-gc', '--max-old-space-size=8192'],
      // The stub keeps no counts, so that it takes no memory; without this a refresh would warn about that.
      env: { NODE_NO_WARNINGS: '1' },
    })
    try {
      const filling = { applications, more: applications / 10 }
      const found = await child.call('fill', filling)
      const name = `${applications.toLocaleString('en-US')} applications, 3 limits`
      rows.push(
        row(`memory per application at rest: ${name}`, [found.bytesPerApplication], { unit: 'B', max: 1024 }),
        row(`memory per place of the bound after 10 % more callers: ${name}`, [found.growthBeyondBound], {
          unit: 'B',
          max: 1024,
        }),
        row(`decisions: ${name}, new strings`, [found.perSecond], { unit: '/s' }),
        row(`backend calls while filling: ${name}`, [found.calls], {
          unit: 'calls',
        }),
        row(`memory per application with usage that is not proved: ${name}`, [found.bytesWithUsageReported], {
          unit: 'B',
          max: 1024,
        }),
        row(`memory per application with more usage waiting: ${name}`, [found.bytesWithUsageWaiting], { unit: 'B' }),
        row(`longest garbage collection while filling: ${name}`, [found.collectionWhileFillingMs], { unit: 'ms' }),
        row(`longest garbage collection while deciding: ${name}`, [found.collectionWhileServingMs], { unit: 'ms' }),
        row(`resident memory: ${name}`, [found.rss / 2 ** 20], { unit: 'MiB' }),
      )
    } finally {
      await child.stop()
    }
  }
  return { rows }
}
