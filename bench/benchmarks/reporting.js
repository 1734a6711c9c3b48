// @ts-check
/** Measures the cost of reporting per transaction, beside deciding: one interval's hits of a thousand applications. */
import { inProcess } from '../in-process/contender.js'
import { figuresOf, interleave } from '../measure/interleave.js'
import { row } from '../measure/row.js'

const APPLICATIONS = 1000

/** @type {import('./index.js').Benchmark} */
export async function reporting(plan) {
  const contenders = []
  try {
    for (const metrics of [1, 3])
      contenders.push(
        await inProcess(`${metrics} metric${metrics === 1 ? '' : 's'}`, 'reporting.js', {
          applications: APPLICATIONS,
          metrics,
        }),
      )
    const runs = await interleave(contenders, { ...plan, seconds: plan.seconds / 3 })
    return {
      rows: contenders.map(({ name }) =>
        row(
          `decided, added up and reported, a transaction of ${name}`,
          figuresOf(runs, name, 'cpuMicros').map((micros) => micros / APPLICATIONS),
          { unit: 'us' },
        ),
      ),
      runs,
    }
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()))
  }
}
