// @ts-check
/** Measures decisions inside the process: the budget of the hot path, and the cost of each variation. */
import { inProcess } from '../in-process/contender.js'
import { figuresOf, interleave, ratiosOf } from '../measure/interleave.js'
import { row } from '../measure/row.js'
import { median } from '../measure/statistics.js'
import { number, tableOf } from '../measure/table.js'

/**
 * Runs variants side by side and compares the others with the first.
 *
 * @param {Record<string, object>} variants settings of `in-process/decision.js` by name
 * @param {{ minPerSecond?: number, maxBytes?: number }} [reach] of the first
 * @returns {import('./index.js').Benchmark}
 */
export function decisions(variants, { minPerSecond, maxBytes } = {}) {
  return async (plan) => {
    const contenders = []
    try {
      for (const [name, settings] of Object.entries(variants))
        contenders.push(await inProcess(name, 'decision.js', settings))
      const runs = await interleave(contenders, { ...plan, seconds: plan.seconds / 3 })
      /** @type {Map<string, number[]>} */
      const garbage = new Map()
      for (const contender of contenders) {
        const weights = []
        for (let weighing = 0; weighing < 5; weighing += 1) weights.push(await contender.garbage())
        garbage.set(contender.name, weights)
      }
      const [reference = ''] = Object.keys(variants)
      const rows = [...runs.keys()].flatMap((name) => {
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
