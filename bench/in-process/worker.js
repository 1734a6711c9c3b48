// @ts-check
/**
 * Runs one in-process scenario in a separate process, so that no scenario runs code that the compiler has generalised
 * for another one. It has to `prepare` it, `run` it for some time and measure its `garbage`.
 */
import { PerformanceObserver, performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { cpuMicros, serve } from '../process/serve.js'

/**
 * A step is one unit of work; some scenarios have to await it.
 *
 * @typedef {{ step(turn: number): unknown, asynchronous?: boolean }} Scenario
 */

/** @type {Scenario | undefined} */
let scenario
let turn = 0

serve({
  async prepare(/** @type {{ module: string, settings: object }} */ { module, settings }) {
    scenario = await (await import(module)).prepare(settings)
  },
  async run(/** @type {number} */ seconds) {
    const { step, asynchronous } = ready()
    const cpu = cpuMicros()
    const start = performance.now()
    const deadline = start + seconds * 1000
    const first = turn
    do {
      // The time is read after every step: some are long, and reading it is cheap compared with waiting.
      if (asynchronous) await step(turn++)
      else for (let count = 0; count < 1000; count += 1) step(turn++)
    } while (performance.now() < deadline)
    const steps = turn - first
    return { perSecond: (steps / (performance.now() - start)) * 1000, cpuMicros: (cpuMicros() - cpu) / steps }
  },
  async garbage(/** @type {number} */ steps) {
    const { step, asynchronous } = ready()
    if (globalThis.gc === undefined)
      throw new Error('garbage is weighed under --expose-gc and a large young generation')
    globalThis.gc()
    const collections = watchCollections()
    const before = getHeapStatistics().used_heap_size
    if (asynchronous) for (let count = 0; count < steps; count += 1) await step(turn++)
    else for (let count = 0; count < steps; count += 1) step(turn++)
    const bytes = (getHeapStatistics().used_heap_size - before) / steps
    // What a collection has freed cannot be weighed.
    return (await collections.ran()) ? undefined : bytes
  },
})

function watchCollections() {
  const since = performance.now()
  let count = 0
  const observer = new PerformanceObserver((list) => {
    for (const { startTime } of list.getEntries()) if (startTime >= since) count += 1
  })
  observer.observe({ entryTypes: ['gc'] })
  return {
    async ran() {
      await new Promise((resolve) => setTimeout(resolve, 10))
      observer.disconnect()
      return count > 0
    },
  }
}

function ready() {
  if (scenario === undefined) throw new Error('nothing prepared')
  return scenario
}
