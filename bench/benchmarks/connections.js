// @ts-check
/** Compares the connections of our client with a pool of undici: two workers for a connection each, and node:http. */
import { figuresOf, interleave, ratiosOf } from '../measure/interleave.js'
import { row } from '../measure/row.js'
import { median } from '../measure/statistics.js'
import { number, tableOf } from '../measure/table.js'
import { startChild } from '../process/child.js'

const WORKERS = 2

/** @type {import('./index.js').Benchmark} */
export async function connections({ rounds, seconds }) {
  /** @type {import('../process/child.js').Child[]} */
  const children = []
  const start = (/** @type {string} */ module) => {
    const child = startChild(module)
    children.push(child)
    return child
  }
  /** @type {(name: string, order: object, callers: number) => Promise<import('../measure/interleave.js').Contender>} */
  const contender = async (name, order, callers) => {
    const child = start('http/callers.js')
    await child.call('start', order)
    return { name, measure: (length) => child.call('run', { callers, seconds: length }) }
  }
  try {
    const ordinary = await start('backend/server.js').call('start')
    // Workers of their own for each, as a connection that stays takes its worker from the other.
    const few = { port: await start('backend/workers.js').call('start', WORKERS), kind: 'client', connections: 128 }
    const fewForPool = { port: await start('backend/workers.js').call('start', WORKERS), kind: 'pool' }
    const [ours, pool, plain, plainPool, burst] = [
      'client, 2 workers, 32 callers',
      'undici pool of 2, 2 workers, 32 callers',
      'transport, node:http, 100 callers',
      'undici pool of 128, node:http, 100 callers',
      'client, 2 workers, 64 cold callers',
    ]
    const runs = await interleave(
      [
        await contender(ours, few, 32),
        await contender(pool, { ...fewForPool, connections: WORKERS }, 32),
        await contender(plain, { port: ordinary, kind: 'transport', connections: 128 }, 100),
        await contender(plainPool, { port: ordinary, kind: 'pool', connections: 128 }, 100),
      ],
      { rounds, seconds },
    )
    const coldPort = await start('backend/workers.js').call('start', WORKERS)
    const cold = start('http/callers.js')
    await cold.call('start', { port: coldPort, kind: 'client', connections: 128 })
    runs.set(burst, [])
    for (let n = 0; n < rounds; n += 1) runs.get(burst)?.push(await cold.call('burst', { callers: 64 }))
    return {
      rows: [
        row(`${ours} / ${pool}`, ratiosOf(runs, ours, pool, 'perSecond'), { unit: 'x', min: 0.9 }),
        row(`calls that failed, ${ours}`, [sum(figuresOf(runs, ours, 'failed'))], { unit: 'calls', max: 0 }),
        row(`calls that failed, ${burst}`, [sum(figuresOf(runs, burst, 'failed'))], { unit: 'calls', max: 0 }),
        row(`${burst}, until all are answered`, figuresOf(runs, burst, 'milliseconds'), { unit: 'ms' }),
        // CPU time, as other work on the machine does not change it.
        row(`${plain} / ${plainPool}`, ratiosOf(runs, plainPool, plain, 'cpuMicros'), {
          unit: 'x',
          min: 0.95,
          note: `seen ${number(median(ratiosOf(runs, plain, plainPool, 'perSecond')))}`,
        }),
      ],
      detail: tableOf(
        ['callers', 'calls/s', 'CPU us/call'],
        [ours, pool, plain, plainPool].map((name) => [
          name,
          number(median(figuresOf(runs, name, 'perSecond'))),
          number(median(figuresOf(runs, name, 'cpuMicros'))),
        ]),
      ),
      runs,
    }
  } finally {
    await Promise.all(children.map((child) => child.stop()))
  }
}

const sum = (/** @type {number[]} */ values) => values.reduce((total, value) => total + value, 0)
