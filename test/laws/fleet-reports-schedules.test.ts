/** Random schedules of gateways that share a store and its reports, while the backend, the store and processes fail. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from '../../packages/core/test/fuzz-runs.ts'
import { ReportingFleet } from '../support/reporting-fleet.ts'
import { stateOf } from '../support/world.ts'

const STATE = stateOf({
  applications: [1, 2, 3].map((n) => ({ id: `a${n}`, plan: 'p1', user_keys: [`k${n}`] })),
  limits: [{ metric: 'hits', period: 'month', value: 100_000 }],
})
const KEYS = ['k1', 'k2', 'k3']

/** How the backend takes reports from now on. 'unheard': it counts them, and its answer is lost. */
type Backend = 'well' | 'busy' | 'failing' | 'unheard' | 'small'

type Step =
  | { readonly do: 'ask'; readonly key: number; readonly times: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'backend'; readonly takes: Backend }
  | { readonly do: 'store'; readonly down: boolean }
  | { readonly do: 'leave' | 'kill' | 'flush'; readonly gateway: number }
  | { readonly do: 'join' }

const gateway = fc.nat(5)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('ask' as const), key: fc.nat(2), times: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(250, 1000, 3000, 5000, 30_000) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('backend' as const),
      takes: fc.constantFrom<Backend>('well', 'well', 'busy', 'failing', 'unheard', 'small'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('store' as const), down: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('leave' as const, 'kill' as const, 'flush' as const), gateway }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'join' as const }) },
)

const answer = (status: number) => ({ status, headers: {}, body: Buffer.alloc(0) })

function takes(world: ReportingFleet, how: Backend): void {
  world.onReport((pass, body) => {
    if (how === 'busy') return answer(503)
    if (how === 'failing') return answer(500)
    if (how === 'unheard') return pass() && answer(500)
    return how === 'small' && body.includes('transactions[1]') ? answer(413) : pass()
  })
}

async function run(world: ReportingFleet, steps: readonly Step[]): Promise<void> {
  const { fleet } = world
  const open = () => fleet.gateways.filter((_, by) => !world.isDead(by))
  for (const one of steps) {
    if (one.do === 'ask') await world.ask(one.times, KEYS[one.key])
    else if (one.do === 'wait') await world.pass(one.ms)
    else if (one.do === 'backend') takes(world, one.takes)
    else if (one.do === 'store') world.down = one.down
    else if (one.do === 'join') fleet.join()
    else if (one.do === 'flush') await world.during(6000, open()[one.gateway % open().length]!.flush())
    else if (open().length > 1) {
      const leaving = open()[one.gateway % open().length]!
      if (one.do === 'leave') await world.during(7000, leaving.close())
      world.kill(fleet.gateways.indexOf(leaving))
    }
  }
}

it(
  'law 8: what a fleet admitted is counted once or told, whichever process reports, fails, leaves or dies',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.array(step, { minLength: 5, maxLength: 40 }),
        async (processes, steps) => {
          const world = new ReportingFleet({ state: STATE, processes, intervalMs: 2000 })
          await run(world, steps)
          world.down = false
          takes(world, 'well')
          await world.live(150_000)
          await world.pass(60_000)
          expect(world.waiting()).toEqual({})
          const admitted = world.admitted.hits ?? 0
          const counted = world.counted().hits ?? 0
          expect(counted).toBeLessThanOrEqual(admitted)
          expect(counted).toBeGreaterThanOrEqual(admitted - inDoubt(world))
          // By one process, also if the one that had left it in doubt died.
          expect(world.lost.hits ?? 0).toBe(inDoubt(world))
        },
      ),
      { numRuns: Math.ceil(FUZZ_RUNS / 20) },
    )
  },
  3 * FUZZ_TIMEOUT_MS,
)

/** What was sent and got no answer: the store keeps it in its counts. */
function inDoubt({ redis }: ReportingFleet): number {
  let amount = 0
  for (const { st, rows } of redis.model.state.batches.values()) {
    if (st !== 'acked') for (let i = 2; i < (rows?.length ?? 0); i += 3) amount += Number(rows![i])
  }
  return amount
}
