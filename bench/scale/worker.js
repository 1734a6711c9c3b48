// @ts-check
/** Runs simulations in a separate process, so that heap and pauses are only theirs. */
import { serve } from '../process/serve.js'

serve({
  simulate: async (/** @type {import('./simulation.js').Traffic} */ traffic) =>
    (await import('./simulation.js')).simulate(traffic),
  simulateShared: async (/** @type {import('./store-simulation.js').SharedTraffic} */ traffic) =>
    (await import('./store-simulation.js')).simulateShared(traffic),
  stall: async (/** @type {string} */ name) => (await import('./stalls.js')).stall(name),
  fill: async (/** @type {import('./filling.js').Filling} */ filling) => (await import('./filling.js')).fill(filling),
})
