// @ts-check
/**
 * Compares the cached gateway with the same application without it, and with a middleware that only listens. Direct
 * authorization is compared with a call by hand, by another benchmark.
 */
import { createStage } from '../http/stage.js'
import { interleave } from '../measure/interleave.js'
import { assertRefreshed, contendersTable, throughputRow } from './http-rows.js'

/**
 * @param {'express' | 'koa' | 'fastify'} framework
 * @param {number} min share of the bare framework's throughput that the cached gateway must leave
 * @returns {import('./index.js').Benchmark}
 */
export function framework(framework, min) {
  return async (plan) => {
    const stage = await createStage()
    try {
      const bare = `${framework}, bare`
      const listening = `${framework}, listening`
      const cached = `${framework}, cached, 100 rules`
      const runs = await interleave(
        [
          await stage.add(bare, framework),
          await stage.add(listening, `${framework}-listening`),
          await stage.add(cached, `${framework}-ours`, { cache: true, rules: 100 }),
        ],
        plan,
      )
      assertRefreshed(runs, cached)
      return {
        rows: [
          throughputRow(runs, cached, bare, min),
          throughputRow(runs, listening, bare),
          throughputRow(runs, cached, listening),
        ],
        detail: contendersTable(runs),
        runs,
      }
    } finally {
      await stage.clear()
    }
  }
}
