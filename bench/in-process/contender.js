// @ts-check
/** An in-process scenario as a contender. */
import { startChild } from '../process/child.js'

// A young generation in which a garbage run fits whole; the same for all, so that ratios stay fair.
const NODE_OPTIONS = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64']

/**
 * @param {string} name
 * @param {string} scenario module below in-process/
 * @param {object} [settings]
 */
export async function inProcess(name, scenario, settings = {}) {
  const child = startChild('in-process/worker.js', { nodeOptions: [...NODE_OPTIONS, ...profileOptions()] })
  try {
    await child.call('prepare', { module: `./${scenario}`, settings })
  } catch (error) {
    await child.stop()
    throw error
  }
  return {
    name,
    measure: (/** @type {number} */ seconds) => child.call('run', seconds),
    /** Bytes allocated per step. */
    garbage: async (/** @type {number} */ steps) => (await child.call('garbage', steps)).bytes,
    stats: () => child.call('stats'),
    stop: () => child.stop(),
  }
}

const profileOptions = () => process.env.BENCH_WORKER_OPTIONS?.split(' ') ?? []
