/**
 * Laws 8 and 9: the backend acknowledges a batch and drops the whole later, because something in it was deleted
 * meanwhile. What the others used is then found missing and sent again, or announced.
 */
import type { EmulatorState } from '@threescale/emulator'
import { describe, expect, it } from 'vitest'
import { imbalance } from '../support/imbalance.ts'
import { createWorld, stateOf, type World, type WorldOptions } from '../support/world.ts'

const DAY = [{ metric: 'hits', period: 'day', value: 100 }]
const METRICS = [{ name: 'hits' }, { name: 'extra' }]

/** Three applications, of which `a3` is never limited, because its plan has no limits. */
function three(version: '1' | '2', limits = DAY): EmulatorState {
  const applications = ['a1', 'a2', 'a3'].map((id) => ({
    id,
    plan: id === 'a3' ? 'free' : 'p1',
    user_keys: [`k-${id}`],
  }))
  const state = stateOf({ version, limits, metrics: METRICS, applications })
  const [service] = state.services
  return { services: [{ ...service!, plans: [...service!.plans!, { id: 'free', name: 'Free', limits: [] }] }] }
}

function without(state: EmulatorState, change: (service: EmulatorState['services'][0]) => void): EmulatorState {
  const after = structuredClone(state)
  change(after.services[0]!)
  return after
}

const withoutApplication = (state: EmulatorState, id: string) =>
  without(state, (service) => {
    service.applications = service.applications!.filter((application) => application.id !== id)
  })
const withoutExtra = (state: EmulatorState) =>
  without(state, (service) => {
    service.metrics = service.metrics!.filter(({ name }) => name !== 'extra')
  })

const countOf = (world: World, id: string, metric = 'hits') => world.emulator.usage().s1?.[id]?.[metric]?.eternity ?? 0
const dropped = (world: World) => world.emulator.calls().filter((call) => call.dropped !== undefined)
const given = (world: World) =>
  world.losses.map(({ reason, applicationId, usage }) => [reason, applicationId, { ...usage }])

/** All three use something, and the batch is acknowledged; the backend counts it five seconds later. */
async function report(version: '1' | '2', options: Partial<WorldOptions> = {}, state = three(version)): Promise<World> {
  const world = createWorld({ state, reportDelayMs: 5000, ...options })
  const caller = (id: string) => (version === '1' ? { userKey: `k-${id}` } : { appId: id })
  await world.ask(caller('a1'), { hits: 3 })
  await world.ask(caller('a2'), { hits: 2 })
  await world.ask(caller('a3'), { hits: 1, extra: 4 })
  await world.clock.advance(10_000)
  expect(world.reports).toMatchObject([{ outcome: 'accepted', transactions: 3 }])
  return world
}

describe('an application that is deleted before its batch is counted', () => {
  it('law 9: is noticed, and what its mates used is sent again once an answer shows that it is missing', async () => {
    const world = await report('2')
    world.emulator.updateState(withoutApplication(three('2'), 'a2'))
    await world.clock.advance(15_000)
    expect(dropped(world)).toHaveLength(1)
    // Answered from memory; the refresh that it starts is refused.
    await world.ask({ appId: 'a2' }, { hits: 0 })
    await world.clock.advance(0)
    expect(given(world)).toEqual([['application_gone', 'a2', { hits: 2 }]])
    expect(world.ledger.sums().hits).toMatchObject({ acknowledged: 0, ambiguous: 4, givenUp: 2 })
    expect(imbalance(world.ledger)).toEqual({})
    await world.clock.advance(100_000)
    expect([countOf(world, 'a1'), countOf(world, 'a3'), countOf(world, 'a3', 'extra')]).toEqual([3, 1, 4])
    expect(given(world)).toHaveLength(1)
    expect(world.ledger.sums().hits).toMatchObject({ acknowledged: 4, ambiguous: 0, pending: 0, givenUp: 2 })
  })

  it('law 9: is noticed although an answer from before the batch was counted has still shown it', async () => {
    const world = await report('2', { reportDelayMs: 20_000 })
    await world.clock.advance(12_000)
    const before = world.count('authorize')
    await world.ask({ appId: 'a2' }, { hits: 0 })
    await world.clock.advance(0)
    expect(world.count('authorize')).toBe(before + 1)
    world.emulator.updateState(withoutApplication(three('2'), 'a2'))
    await world.clock.advance(200_000)
    expect(given(world)).toEqual([['application_gone', 'a2', { hits: 2 }]])
    expect([countOf(world, 'a1'), countOf(world, 'a3'), imbalance(world.ledger)]).toEqual([3, 1, {}])
  })

  it('law 9: is noticed although nothing is asked about it any more', async () => {
    const world = await report('2')
    world.emulator.updateState(withoutApplication(three('2'), 'a2'))
    await world.clock.advance(200_000)
    expect(given(world)).toEqual([['application_gone', 'a2', { hits: 2 }]])
    expect([countOf(world, 'a1'), countOf(world, 'a3'), imbalance(world.ledger)]).toEqual([3, 1, {}])
  })

  it.each(['1', '2'] as const)(
    'law 8: is noticed (version %s), and usage of mates is announced where no limit can tell',
    async (version) => {
      const world = await report(version, {}, three(version, []))
      world.emulator.updateState(withoutApplication(three(version, []), 'a2'))
      await world.clock.advance(200_000)
      const own = version === '2' ? ['application_gone', 'a2', { hits: 2 }] : ['ambiguous', 'a2', { hits: 2 }]
      expect(given(world)).toEqual(
        expect.arrayContaining([own, ['ambiguous', 'a1', { hits: 3 }], ['ambiguous', 'a3', { hits: 1, extra: 4 }]]),
      )
      expect([given(world).length, imbalance(world.ledger)]).toEqual([3, {}])
      expect(world.ledger.sums().hits).toMatchObject({ admitted: 6, acknowledged: 0, givenUp: 6 })
    },
  )

  it("law 8: and usage of mates is sent again with `ambiguous: 'count-again'`", async () => {
    const world = await report('2', { report: { ambiguous: 'count-again' } }, three('2', []))
    world.emulator.updateState(withoutApplication(three('2', []), 'a2'))
    await world.clock.advance(200_000)
    expect([countOf(world, 'a1'), countOf(world, 'a3', 'extra')]).toEqual([3, 4])
    expect(given(world)).toEqual([['application_gone', 'a2', { hits: 2 }]])
  })

  it('law 9: is noticed while its report is still under way', async () => {
    const world = createWorld({ state: three('2'), reportDelayMs: 5000 })
    await world.ask({ appId: 'a1' }, { hits: 3 })
    await world.ask({ appId: 'a2' }, { hits: 2 })
    let answer: () => void = () => {}
    world.fault = async (request, pass) => {
      const response = pass()
      if (request.method === 'POST') await new Promise<void>((resolve) => (answer = resolve))
      return response
    }
    await world.clock.advance(10_000)
    world.emulator.updateState(withoutApplication(three('2'), 'a2'))
    await world.clock.advance(20_000)
    await world.ask({ appId: 'a2' }, { hits: 0 })
    await world.clock.advance(0)
    expect(world.ledger.sums().hits).toMatchObject({ inFlight: 5 })
    answer()
    await world.clock.advance(0)
    expect(world.ledger.sums().hits).toMatchObject({ acknowledged: 0, ambiguous: 3, givenUp: 2 })
    world.fault = undefined
    await world.clock.advance(200_000)
    expect([countOf(world, 'a1'), given(world)]).toEqual([3, [['application_gone', 'a2', { hits: 2 }]]])
  })
})

it('law 16: usage of a key that turned out unknown is told as lost by close(), though its report was acknowledged', async () => {
  const world = createWorld({ state: three('1') })
  for (const id of ['a1', 'a2']) await world.ask({ userKey: `k-${id}` }, { hits: 2 })
  world.emulator.updateState(withoutApplication(three('1'), 'a2'))
  await world.clock.advance(9000)
  expect(world.ask({ userKey: 'k-a2' }, { hits: 0 })).not.toBeInstanceOf(Promise)
  await world.clock.advance(6000)
  expect(dropped(world)).toHaveLength(1)
  expect(world.ledger.sums().hits).toMatchObject({ acknowledged: 4 })
  expect(await world.reporter.close()).toEqual({ undelivered: { hits: 2 } })
  expect(given(world)).toEqual([['ambiguous', 'a2', { hits: 2 }]])
  expect([countOf(world, 'a1'), imbalance(world.ledger)]).toEqual([2, {}])
})

it('law 9: a metric that is deleted before its batch is counted takes only its own usage with it', async () => {
  const world = await report('2')
  world.emulator.updateState(withoutExtra(three('2')))
  await world.clock.advance(200_000)
  expect(dropped(world)).toHaveLength(1)
  expect(given(world)).toEqual([['metric_gone', 'a3', { extra: 4 }]])
  expect([countOf(world, 'a1'), countOf(world, 'a2'), countOf(world, 'a3')]).toEqual([3, 2, 1])
  expect(imbalance(world.ledger)).toEqual({})
})

it('law 9: a batch is proved by refreshes where callers go on, and by one question where they do not', async () => {
  const world = await report('2')
  const before = world.count('authorize')
  for (let second = 0; second < 120; second++) {
    await world.ask({ appId: 'a1' }, { hits: 0 })
    await world.clock.advance(1000)
  }
  // One refresh per ttl for a1, and one question about each of the others.
  expect(world.count('authorize') - before).toBeLessThanOrEqual(12 + 2)
  expect([...world.ledger.batches.acknowledged()]).toEqual([])
  await world.clock.advance(60_000)
  expect(world.ledger.busy.size).toBe(0)
  expect(given(world)).toEqual([])
})

it("law 8: a replaced user key makes 3scale count its usage twice at most with `ambiguous: 'count-again'`", async () => {
  const world = await report('1', { report: { ambiguous: 'count-again' } }, three('1', []))
  await world.clock.advance(6000)
  world.emulator.updateState(
    without(three('1', []), (service) => {
      service.applications![1]!.user_keys = ['new']
    }),
  )
  await world.clock.advance(1_000_000)
  expect(countOf(world, 'a2')).toBe(4)
  expect(given(world)).toEqual([['ambiguous', 'a2', { hits: 2 }]])
  expect([imbalance(world.ledger), world.ledger.busy.size]).toEqual([{}, 0])
})

it('law 9: a user key that is replaced raises no doubt once the new key is used', async () => {
  const world = await report('1', {}, three('1', []))
  const replaced = without(three('1', []), (service) => {
    service.applications![1]!.user_keys = ['new']
  })
  await world.clock.advance(6000)
  world.emulator.updateState(replaced)
  expect(await world.ask({ userKey: 'k-a2' })).toMatchObject({ outcome: 'allow' })
  await world.clock.advance(20_000)
  expect(await world.ask({ userKey: 'k-a2' })).toMatchObject({ code: 'user_key_invalid' })
  expect(await world.ask({ userKey: 'new' })).toMatchObject({ outcome: 'allow' })
  await world.clock.advance(200_000)
  expect([given(world), countOf(world, 'a2')]).toEqual([[], 4])
})
