import { expect, it } from 'vitest'
import type { FleetOptions, FleetResult } from '../support/fleet/fleet-options.ts'
import { runFleet } from '../support/fleet/run-fleet.ts'

const SEEDS = Number(process.env.FLEET_SEEDS ?? 1)
const FROM = Number(process.env.FLEET_FROM ?? 1)
const STEPS = Number(process.env.FLEET_STEPS ?? 2500)

type Happenings = Omit<FleetOptions, 'seed' | 'steps'>

const ALL: Happenings = { faults: true, kills: true, pauses: true, failovers: true, outages: true, changes: true }

async function play(options: Happenings): Promise<FleetResult[]> {
  const results: FleetResult[] = []
  for (let seed = FROM; seed < FROM + SEEDS; seed++) {
    const result = await runFleet({ ...options, seed, steps: STEPS })
    if (process.env.FLEET_SHOW) console.log(JSON.stringify({ seed, ...result }))
    results.push(result)
  }
  return results
}

it.each<[string, Happenings]>([
  ['nothing happens', {}],
  ['the network loses, delays and repeats commands', { faults: true }],
  ['processes are killed and paused', { faults: true, kills: true, pauses: true }],
  ['servers fail over and lose the last second', { faults: true, failovers: true }],
  ['everything happens but an emptied server', ALL],
  ['clocks are wrong', { faults: true, kills: true, failovers: true, skewMs: 5000 }],
])(
  'laws 8 and 15: no limit is exceeded, nobody is denied in vain, usage is kept when %s',
  async (_, options) => {
    for (const result of await play(options)) {
      expect(result).toMatchObject({ over: 0, wrongNo: 0 })
      expectConserved(result)
    }
  },
  600_000,
)

it.each(['last-known', 'allow'] as const)(
  'law 15: an outage exceeds limits only by what the policy %s lets in meanwhile',
  async (policy) => {
    for (const result of await play({ faults: true, outages: true, policy, staleMs: 600_000 })) {
      expect(result).toMatchObject({ over: 0 })
      expectConserved(result)
    }
  },
  600_000,
)

/**
 * What 3scale has not counted is told as lost. What it has counted and nobody was served was asked for by a process that
 * was killed, or given back after it was reported.
 */
function expectConserved(result: FleetResult): void {
  const { missing, givenUp, owedAtKill, doubted, deadLost, askedAtKill, dropped, waiting } = result
  expect(missing).toBeLessThanOrEqual(givenUp + owedAtKill + doubted + deadLost)
  expect(missing).toBeGreaterThanOrEqual(givenUp - askedAtKill - dropped - doubted + waiting)
  expect(waiting).toBeLessThanOrEqual(0)
}
