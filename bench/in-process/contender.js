// @ts-check
/** An in-process scenario as a contender. */
import { startChild } from '../process/child.js'

// A young generation that holds all garbage of a run; the same for all contenders, so that ratios are fair.
const NODE_OPTIONS = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64']

/**
 * Several processes of a scenario take turns, because the compiler's choices can make one take half as long again.
 *
 * @param {string} name
 * @param {string} scenario module below in-process/
 * @param {object} [settings]
 * @param {string} [bench] that of another checkout
 */
export async function inProcess(name, scenario, settings = {}, bench = undefined) {
  /** @type {import('../process/child.js').Child[]} */
  const children = []
  const stop = async () => {
    await Promise.all(children.map((child) => child.stop()))
  }
  try {
    for (let count = 0; count < PROCESSES; count += 1)
      children.push(startChild('in-process/worker.js', { nodeOptions: [...NODE_OPTIONS, ...profileOptions()], bench }))
    await Promise.all(children.map((child) => child.call('prepare', { module: `./${scenario}`, settings })))
  } catch (error) {
    await stop()
    throw error
  }
  let turn = 0
  const next = () => /** @type {import('../process/child.js').Child} */ (children[turn++ % PROCESSES])
  return {
    name,
    measure: (/** @type {number} */ seconds) => next().call('run', seconds),
    async warmUp(/** @type {number} */ seconds) {
      await Promise.all(children.map((child) => child.call('run', seconds)))
    },
    /** Bytes allocated per step, over as many as the young generation holds: V8 makes objects of numbers in the first few. */
    async garbage() {
      const child = next()
      let weighed
      for (let steps = FIRST_WEIGHED; steps <= MAX_WEIGHED; steps *= 4) {
        const bytes = await child.call('garbage', steps)
        if (bytes === undefined) break
        weighed = bytes
      }
      if (weighed === undefined) throw new Error(`${name}: ${FIRST_WEIGHED} steps fill the young generation`)
      return weighed
    },
    stop,
  }
}

const PROCESSES = 3
const FIRST_WEIGHED = 400
const MAX_WEIGHED = 102_400
const profileOptions = () => process.env.BENCH_WORKER_OPTIONS?.split(' ') ?? []
