// @ts-check
/**
 * Measures what the cached gateway adds to a request in each framework, without sockets and kernel, beside what an
 * in-memory rate limiter adds. Over HTTP the kernel takes most of a request, and makes its figures unsteady.
 */
import { inProcess } from '../in-process/contender.js'
import { figuresOf, interleave } from '../measure/interleave.js'
import { row } from '../measure/row.js'
import { median } from '../measure/statistics.js'
import { number, tableOf } from '../measure/table.js'

const VARIANTS = ['bare', 'listening', 'cached', 'limiter', 'cached with fields', 'limiter with fields']

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
      // A difference of large figures needs many turns, and short ones, in which the machine hardly changes.
      const found = await interleave(contenders, {
        rounds: BLOCK * plan.rounds,
        seconds: plan.seconds / BLOCK,
        warmUpSeconds: 1,
      })
      const bare = figuresOf(found, 'bare', 'cpuMicros')
      const added = (/** @type {string} */ variant) =>
        figuresOf(found, variant, 'cpuMicros').map((one, round) => one - (bare[round] ?? Number.NaN))
      // Of medians of some rounds each, because the difference of a single round may be near 0.
      const ofLimiter = (/** @type {string} */ fields) => {
        const ours = mediansOf(added(`cached${fields}`))
        const theirs = mediansOf(added(`limiter${fields}`))
        return ours.map((one, block) => one / (theirs[block] ?? Number.NaN))
      }
      /** @type {Map<string, number>} */
      const garbage = new Map()
      for (const contender of contenders) garbage.set(contender.name, await contender.garbage())
      const garbageOf = (/** @type {string} */ variant) =>
        (garbage.get(variant) ?? Number.NaN) - (garbage.get('bare') ?? 0)
      rows.push(
        row(`${framework} without sockets, what the cached gateway adds`, added('cached'), { unit: 'us' }),
        row(`${framework} without sockets, what an in-memory limiter adds`, added('limiter'), { unit: 'us' }),
        row(`${framework} without sockets, what listening adds`, added('listening'), { unit: 'us' }),
        row(`${framework}: the gateway, of the limiter`, ofLimiter(''), { unit: 'x', max: 1 }),
        row(`${framework}: the gateway with fields, of the limiter with fields`, ofLimiter(' with fields'), {
          unit: 'x',
          max: 1,
        }),
      )
      for (const variant of ['cached', 'limiter'])
        rows.push(
          row(`${framework} without sockets, garbage that ${variant} adds`, [garbageOf(variant)], { unit: 'B' }),
        )
      lines.push([framework, ...VARIANTS.map((variant) => number(median(figuresOf(found, variant, 'cpuMicros'))))])
      for (const [variant, figures] of found) runs.set(`${framework}, ${variant}`, figures)
    } finally {
      await Promise.all(contenders.map((contender) => contender.stop()))
    }
  }
  return { rows, detail: tableOf(['CPU us/request without sockets', ...VARIANTS], lines), runs }
}

/** Rounds of which one median is taken. */
const BLOCK = 5

/** @param {readonly number[]} values */
function mediansOf(values) {
  return Array.from({ length: Math.ceil(values.length / BLOCK) }, (_, block) =>
    median(values.slice(block * BLOCK, (block + 1) * BLOCK)),
  )
}
