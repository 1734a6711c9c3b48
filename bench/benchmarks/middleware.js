// @ts-check
/**
 * Measures what the cached gateway adds to a request in each framework, without sockets and kernel. Over HTTP these
 * take most of a request, and make its figures unsteady.
 */
import { inProcess } from '../in-process/contender.js'
import { figuresOf, interleave } from '../measure/interleave.js'
import { row } from '../measure/row.js'
import { median } from '../measure/statistics.js'
import { number, tableOf } from '../measure/table.js'

const VARIANTS = ['bare', 'listening', 'cached']

/** @type {import('./index.js').Benchmark} */
export async function middleware(plan) {
  const rows = []
  const lines = []
  /** @type {import('../measure/interleave.js').Runs} */
  const runs = new Map()
  for (const framework of ['express', 'koa', 'fastify']) {
    const contenders = []
    try {
      for (const variant of VARIANTS) contenders.push(await inProcess(variant, 'middleware.js', { framework, variant }))
      const found = await interleave(contenders, { ...plan, seconds: plan.seconds / 3 })
      const [bare = [], listening = [], cached = []] = VARIANTS.map((variant) => figuresOf(found, variant, 'cpuMicros'))
      const more = (/** @type {number[]} */ micros) => micros.map((one, round) => one - (bare[round] ?? Number.NaN))
      rows.push(
        row(`${framework} without sockets, what the cached gateway adds`, more(cached), { unit: 'us' }),
        row(`${framework} without sockets, what listening adds`, more(listening), { unit: 'us' }),
      )
      lines.push([framework, ...[bare, listening, cached].map((micros) => number(median(micros)))])
      for (const [variant, figures] of found) runs.set(`${framework}, ${variant}`, figures)
    } finally {
      await Promise.all(contenders.map((contender) => contender.stop()))
    }
  }
  return { rows, detail: tableOf(['CPU us/request without sockets', ...VARIANTS], lines), runs }
}
