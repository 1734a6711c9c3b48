// @ts-check
/** Measures matching alone, with 1, 100 and 10,000 mapping rules. */
import { inProcess } from '../in-process/contender.js'
import { figuresOf, interleave, ratiosOf } from '../measure/interleave.js'
import { row } from '../measure/row.js'

/** @type {import('./index.js').Benchmark} */
export async function matching(plan) {
  const contenders = []
  try {
    for (const rules of [1, 100, 10_000]) contenders.push(await inProcess(`${rules} rules`, 'matching.js', { rules }))
    const runs = await interleave(contenders, { ...plan, seconds: plan.seconds / 3 })
    return {
      rows: [
        row('matching 10,000 rules / 100 rules, time', ratiosOf(runs, '10000 rules', '100 rules', 'cpuMicros'), {
          unit: 'x',
          max: 2,
        }),
        ...contenders.map(({ name }) =>
          row(
            `matching, ${name}`,
            figuresOf(runs, name, 'cpuMicros').map((micros) => micros * 1000),
            { unit: 'ns' },
          ),
        ),
      ],
      runs,
    }
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()))
  }
}
