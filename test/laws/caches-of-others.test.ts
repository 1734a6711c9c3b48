/** More that other caches for 3scale get wrong (facts about APIcast's batcher, an Envoy filter, a Go authorizer). */
import { describe, expect, it } from 'vitest'
import { TransportError } from '../../packages/core/src/errors.ts'
import { goWrong } from '../model/faults.ts'
import { settled } from './manual-clock.ts'
import { allowed, createWorld, stateOf, type World } from './world.ts'

const admit = async (world: World, times: number, usage: Record<string, number> = { hits: 1 }, key = 'k1') => {
  const outcomes = await Promise.all(Array.from({ length: times }, () => world.ask({ userKey: key }, usage)))
  return outcomes.filter(allowed).length
}

const refresh = async (world: World) => {
  await world.clock.advance(10_001)
  world.ask({ userKey: 'k1' }, { hits: 0 })
  await settled()
}

describe('flaws of others', () => {
  it('a disabled application does not become unlimited at the next report', async () => {
    const limits = [{ metric: 'hits', period: 'day', value: 5 }]
    const world = createWorld({ state: stateOf({ limits }) })
    expect(await admit(world, 2)).toBe(2)
    world.emulator.updateState(
      stateOf({ limits, applications: [{ id: 'a1', plan: 'p1', user_keys: ['k1'], state: 'suspended' }] }),
    )
    await refresh(world)
    expect(await admit(world, 100)).toBe(0)
  })

  it('a deleted application does not become unlimited at the next report', async () => {
    const limits = [{ metric: 'hits', period: 'day', value: 5 }]
    const world = createWorld({ state: stateOf({ limits }) })
    expect(await admit(world, 2)).toBe(2)
    world.emulator.updateState(stateOf({ limits, applications: [] }))
    await refresh(world)
    expect(await admit(world, 100)).toBe(0)
  })

  it('several limits of one metric hold, whatever their order', async () => {
    const world = createWorld({
      state: stateOf({
        limits: [
          { metric: 'hits', period: 'year', value: 7 },
          { metric: 'hits', period: 'minute', value: 100 },
        ],
      }),
    })
    expect(await admit(world, 100)).toBe(7)
  })

  it('more than 100, and more than 1,024, applications are reported in one interval', async () => {
    const applications = Array.from({ length: 1500 }, (_, index) => ({
      id: `a${index}`,
      plan: 'p1',
      user_keys: [`k${index}`],
    }))
    const world = createWorld({ state: stateOf({ applications }), maxCalls: 4000 })
    await Promise.all(applications.map(({ user_keys }) => world.ask({ userKey: user_keys[0]! })))
    await world.clock.advance(10_000)
    const usage = world.emulator.usage().s1!
    expect(applications.every(({ id }) => usage[id]!.hits!.eternity === 1)).toBe(true)
  })

  it('a wrong key or a disabled application with limits is refused on a miss, though the answer has usage reports', async () => {
    const world = createWorld({
      state: stateOf({
        version: '2',
        limits: [{ metric: 'hits', period: 'day', value: 5 }],
        applications: [
          { id: 'a1', plan: 'p1', application_keys: ['good'] },
          { id: 'a2', plan: 'p1', state: 'suspended' },
        ],
      }),
    })
    expect(await world.ask({ appId: 'a1', appKey: 'bad' })).toMatchObject({ code: 'application_key_invalid' })
    expect(await world.ask({ appId: 'a2' })).toMatchObject({ code: 'application_not_active' })
  })

  it('applications without limits are refreshed too', async () => {
    const world = createWorld({ state: stateOf({}) })
    expect(await admit(world, 1)).toBe(1)
    // A limit that appears counts what was reported lately twice until it is settled.
    await world.clock.advance(80_000)
    world.emulator.updateState(stateOf({ limits: [{ metric: 'hits', period: 'day', value: 3 }] }))
    await refresh(world)
    expect(await admit(world, 20)).toBe(2)
  })

  it('a refresh does not overwrite what was admitted meanwhile, nor does it miss what was just reported', async () => {
    const world = createWorld({
      state: stateOf({ limits: [{ metric: 'hits', period: 'day', value: 30 }] }),
      reportDelayMs: 40_000,
    })
    expect(await admit(world, 10)).toBe(10)
    await world.clock.advance(10_000)
    await refresh(world)
    expect(await admit(world, 10)).toBe(10)
    await refresh(world)
    expect(await admit(world, 100)).toBe(10)
  })

  it('every kind of failure counts as an outage: refused, reset, stalled, 5xx, 503, a page in place of an answer', async () => {
    for (const kind of ['unsent', 'lost-answer', 'stalled', 'error', 'busy', 'garbage'] as const) {
      const world = createWorld({ state: stateOf({}), terms: { onUnavailable: 'allow' } })
      world.fault = (_request, pass) => goWrong(kind, pass)
      expect(await world.ask({ userKey: 'k1' })).toMatchObject({ outcome: 'allow', source: 'policy' })
    }
  })

  it('an unknown key let in during an outage is unknown again after it', async () => {
    const world = createWorld({ state: stateOf({}), terms: { onUnavailable: 'allow' } })
    world.fault = () => {
      throw new TransportError('refused', { sent: false })
    }
    expect(allowed(await world.ask({ userKey: 'nobody' }))).toBe(true)
    world.fault = undefined
    expect(await world.ask({ userKey: 'nobody' })).toMatchObject({ code: 'user_key_invalid' })
  })

  it('a denial for limits during an outage still says so, and when to come back', async () => {
    const world = createWorld({ state: stateOf({ limits: [{ metric: 'hits', period: 'day', value: 1 }] }) })
    await admit(world, 1)
    world.fault = () => {
      throw new TransportError('refused', { sent: false })
    }
    expect(await world.ask({ userKey: 'k1' })).toMatchObject({
      code: 'limits_exceeded',
      retryAt: Date.parse('2026-03-11T00:00:00Z'),
    })
  })

  it('waiters of a flight whose answer is an error all get it, and nobody hangs', async () => {
    const world = createWorld({ state: stateOf({ applications: [] }) })
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => world.ask({ userKey: 'k1' })))
    expect(new Set(outcomes.map((outcome) => (outcome as { code?: string }).code))).toEqual(
      new Set(['user_key_invalid']),
    )
  })

  it('law 11: no timer runs before something is used, and none once all that was reported is surely counted', async () => {
    const world = createWorld({ state: stateOf({}) })
    expect(world.clock.timers).toBe(0)
    await admit(world, 1)
    expect(world.clock.timers).toBe(1)
    await world.clock.advance(10_000)
    expect(world.clock.timers).toBe(1)
    await world.clock.advance(60_000)
    expect(world.clock.timers).toBe(0)
  })
})
