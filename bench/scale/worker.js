// @ts-check
/** Simulations in a process of their own, so that their heap and their pauses are theirs alone. */
import { serve } from '../process/serve.js'

serve({
  simulate: async (/** @type {import('./simulation.js').Traffic} */ traffic) =>
    (await import('./simulation.js')).simulate(traffic),
  fill: async (/** @type {import('./filling.js').Filling} */ filling) => (await import('./filling.js')).fill(filling),
})
