// @ts-check
/**
 * Measures the cost of reading an answer: an authorize through the client without sockets, its document read or not.
 */
import { inProcess } from '../in-process/contender.js'
import { figuresOf, interleave } from '../measure/interleave.js'
import { row } from '../measure/row.js'

/** @type {import('./index.js').Benchmark} */
export async function decoding(plan) {
  const contenders = []
  try {
    for (const limitCount of [1, 3, 20])
      for (const read of [false, true])
        contenders.push(
          await inProcess(`${limitCount} limits, ${read ? 'read' : 'not read'}`, 'decoding.js', { limitCount, read }),
        )
    const runs = await interleave(contenders, { ...plan, seconds: plan.seconds / 3 })
    return {
      rows: contenders.map(({ name }) =>
        row(`authorize without sockets, ${name}`, figuresOf(runs, name, 'cpuMicros'), { unit: 'us' }),
      ),
      runs,
    }
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()))
  }
}
