// @ts-check
/** One process that decides: `open` requests at a time, each followed by the next one. */
import { performance } from 'node:perf_hooks'
import { cpuMicros, serve } from '../process/serve.js'
import { APPLICATIONS, createDecider } from './deciders.js'

/** Decisions between two turns of the event loop, where none waits. */
const TURN = 200

/** @type {(application: number) => unknown} */
let decide
let wanted = 'allow'
let turn = 0

serve({
  async prepare(/** @type {import('./deciders.js').Deciding & { wanted: 'allow' | 'deny' }} */ settings) {
    decide = createDecider(settings)
    wanted = settings.wanted
    // The first ones ask for the limits, and use those up that are denied.
    for (let round = 0; round < 3; round += 1) {
      for (let application = 0; application < APPLICATIONS; application += 1) await decide(application)
    }
    check(await decide(0))
  },
  async run(/** @type {{ seconds: number, open: number }} */ { seconds, open }) {
    // A full limit is believed for a second, and the others have had their turns meanwhile.
    await Promise.all(Array.from({ length: APPLICATIONS }, (_, application) => decide(application)))
    const cpu = cpuMicros()
    const start = performance.now()
    const deadline = start + seconds * 1000
    const first = turn
    await Promise.all(Array.from({ length: open }, () => goOn(deadline)))
    const decisions = turn - first
    return {
      decisions,
      perSecond: (decisions / (performance.now() - start)) * 1000,
      cpuMicros: (cpuMicros() - cpu) / decisions,
    }
  },
})

/** @param {number} deadline */
async function goOn(deadline) {
  let untilTurn = TURN
  do {
    const decision = decide(turn++ % APPLICATIONS)
    if (decision instanceof Promise) check(await decision)
    else {
      check(decision)
      untilTurn -= 1
      if (untilTurn > 0) continue
      untilTurn = TURN
      await new Promise((resolve) => setImmediate(resolve))
    }
  } while (performance.now() < deadline)
}

/** @param {unknown} outcome */
function check(outcome) {
  if (outcome !== wanted) throw new Error(`${outcome} instead of ${wanted}`)
}
