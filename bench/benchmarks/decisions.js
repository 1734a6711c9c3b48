// @ts-check
/** Measures decisions inside the process: the budget of the hot path, and the cost of each variation. */
import { resolve } from 'node:path'
import { inProcess } from '../in-process/contender.js'
import { figuresOf, interleave, ratiosOf } from '../measure/interleave.js'
import { row } from '../measure/row.js'
import { median } from '../measure/statistics.js'
import { number, tableOf } from '../measure/table.js'

/**
 * Runs variants side by side and compares the others with the first.
 *
 * @param {Record<string, object>} variants settings of `in-process/decision.js` by name
 * @param {{ minPerSecond?: number, minOfBefore?: number, maxBytes?: number }} [reach] of the first. `minOfBefore`: of
 *   the same in the checkout `before` of the plan, if there is one
 * @returns {import('./index.js').Benchmark}
 */
export function decisions(variants, { minPerSecond, minOfBefore, maxBytes } = {}) {
  return async (plan) => {
    const contenders = []
    const [reference = ''] = Object.keys(variants)
    const before = minOfBefore === undefined ? undefined : plan.before
    try {
      for (const [name, settings] of Object.entries(variants))
        contenders.push(await inProcess(name, 'decision.js', settings))
      const weighed = [...contenders]
      if (before !== undefined)
        contenders.push(await inProcess(BEFORE, 'decision.js', variants[reference], resolve(before, 'bench')))
      const runs = await interleave(contenders, { ...plan, seconds: plan.seconds / 3 })
      /** @type {Map<string, number[]>} */
      const garbage = new Map()
      for (const contender of weighed) {
        const weights = []
        for (let weighing = 0; weighing < 5; weighing += 1) weights.push(await contender.garbage())
        garbage.set(contender.name, weights)
      }
      const rows = weighed.flatMap(({ name }) => {
        const first = name === reference
        return [
          row(
            `decision: ${name}`,
            figuresOf(runs, name, 'cpuMicros').map((micros) => 1e6 / micros),
            {
              unit: '/s',
              ...(first && minPerSecond !== undefined ? { min: minPerSecond } : undefined),
            },
          ),
          row(`garbage: ${name}`, garbage.get(name) ?? [], {
            unit: 'B',
            ...(first && maxBytes !== undefined ? { max: maxBytes } : undefined),
          }),
        ]
      })
      if (before !== undefined)
        rows.push(
          row(`decision: ${reference}, of ${BEFORE}`, ratiosOf(runs, BEFORE, reference, 'cpuMicros'), {
            unit: 'x',
            ...(minOfBefore !== undefined && { min: minOfBefore }),
          }),
        )
      const detail = tableOf(
        ['decision', 'per CPU second', 'us', 'CPU against the first', 'garbage B'],
        [...runs.keys()].map((name) => [
          name,
          number(1e6 / median(figuresOf(runs, name, 'cpuMicros'))),
          number(median(figuresOf(runs, name, 'cpuMicros'))),
          number(median(ratiosOf(runs, name, reference, 'cpuMicros'))),
          number(median(garbage.get(name) ?? [])),
        ]),
      )
      return { rows, detail, runs }
    } finally {
      await Promise.all(contenders.map((contender) => contender.stop()))
    }
  }
}

const BEFORE = 'the code before'
