/** Law 8: a report that was answered 500 and not counted is sent again, once answers about a limit have shown that. */
import { expect, it } from 'vitest'
import { imbalance } from '../support/imbalance.ts'
import { allowed, createWorld, stateOf, type World } from '../support/world.ts'

const APPLICATIONS = ['a1', 'a2'].map((id) => ({ id, plan: 'p1', user_keys: [`k-${id}`] }))

function open(): World {
  const limits = [
    { metric: 'hits', period: 'minute', value: 1000 },
    { metric: 'hits', period: 'day', value: 1_000_000 },
  ]
  return createWorld({ state: stateOf({ limits, applications: APPLICATIONS }), reportDelayMs: 200 })
}

/** Both applications make a request each second. */
async function serve(world: World, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    for (const { user_keys } of APPLICATIONS) {
      expect(allowed(await world.ask({ userKey: user_keys[0]! }))).toBe(true)
    }
    await world.clock.advance(1000)
  }
}

/** The backend's database is away: it answers reports with 500 and counts nothing. */
async function losingReports(world: World, seconds: number): Promise<void> {
  world.fault = (request, pass) =>
    request.method === 'POST' ? { status: 500, headers: {}, body: Buffer.from('Internal Server Error') } : pass()
  await serve(world, seconds)
  world.fault = undefined
  expect(world.ledger.sums().hits!.ambiguous).toBeGreaterThan(0)
}

function expectAllCounted(world: World): void {
  const { a1, a2 } = world.emulator.usage().s1!
  const { admitted } = world.ledger.sums().hits!
  expect([a1!.hits!.eternity! + a2!.hits!.eternity!, world.losses]).toEqual([admitted, []])
  expect(imbalance(world.ledger)).toEqual({})
}

it('law 8: also where other reports follow at once, and then no more requests come', async () => {
  const world = open()
  await losingReports(world, 15)
  await serve(world, 15)
  await world.clock.advance(300_000)
  expectAllCounted(world)
})

it('law 8: also where requests go on all the time, because reports of one application pause for it', async () => {
  const world = open()
  await losingReports(world, 15)
  await serve(world, 300)
  expect(world.ledger.sums().hits!.ambiguous).toBe(0)
  await world.clock.advance(100_000)
  expectAllCounted(world)
})
