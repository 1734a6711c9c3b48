import { expect, it } from 'vitest'
import { type FleetOptions, runFleet } from '../support/fleet/run-fleet.ts'

const SEEDS = Number(process.env.FLEET_SEEDS ?? 1)
const FROM = Number(process.env.FLEET_FROM ?? 1)
const STEPS = Number(process.env.FLEET_STEPS ?? 2500)

const ALL: Omit<FleetOptions, 'seed' | 'steps'> = { faults: true, kills: true, pauses: true, failovers: true }

it.each<[string, Omit<FleetOptions, 'seed' | 'steps'>]>([
  ['nothing happens', {}],
  ['the network loses, delays and repeats commands', { faults: true }],
  ['processes are killed and paused', { faults: true, kills: true, pauses: true }],
  ['servers fail over and lose the last second', { faults: true, failovers: true }],
  ['everything happens but an emptied server', { ...ALL, outages: true, changes: true }],
  ['clocks are wrong', { faults: true, kills: true, failovers: true, skewMs: 5000 }],
])(
  'law 15: no limit is exceeded and nobody is denied in vain when %s',
  async (_, options) => {
    for (let seed = FROM; seed < FROM + SEEDS; seed++) {
      const result = await runFleet({ ...options, seed, steps: STEPS })
      if (process.env.FLEET_SHOW) console.log(JSON.stringify({ seed, ...result }))
      expect(result).toMatchObject({ over: 0, wrongNo: 0 })
    }
  },
  600_000,
)
