/** Law 7: one gateway admits exactly what the limits allow. */
import { describe, expect, it } from 'vitest'
import type { Usage } from '../../packages/core/src/domain/usage.ts'
import { imbalance } from '../support/imbalance.ts'
import { settled } from '../support/manual-clock.ts'
import { allowed, createWorld, type Outcome, stateOf, type World, type WorldOptions } from '../support/world.ts'

const LIMIT_OF_1000 = stateOf({ limits: [{ metric: 'hits', period: 'day', value: 1000 }] })

const THREE_LEVELS = [
  { name: 'hits' },
  { name: 'searches', parent: 'hits' },
  { name: 'deep', parent: 'searches' },
  { name: 'orders' },
]

function outcomes(world: World, times: number, usage?: Usage): Promise<Outcome[]> {
  return Promise.all(Array.from({ length: times }, () => world.ask({ userKey: 'k1' }, usage)))
}

async function admit(world: World, times: number, usage?: Usage): Promise<number> {
  return (await outcomes(world, times, usage)).filter(allowed).length
}

function counted(world: World, metric = 'hits', period: 'day' | 'minute' | 'hour' | 'eternity' = 'eternity'): number {
  world.emulator.runJobs()
  return world.emulator.usage().s1!.a1![metric]![period]
}

async function close(world: World): Promise<void> {
  const closing = world.reporter.close()
  await world.clock.advance(60_000)
  expect(await closing).toEqual({ undelivered: {} })
  expect(imbalance(world.ledger)).toEqual({})
}

describe('10,000 at once on a limit of 1,000', () => {
  const variants: [string, Partial<WorldOptions>][] = [
    ['counted at once', {}],
    ['counted 40 s late', { reportDelayMs: 40_000 }],
    ['calls that take 80 ms', { latencyMs: 80 }],
  ]
  it.each(variants)('law 7: exactly 1,000 are admitted and counted (%s)', async (_name, options) => {
    const world = createWorld({ state: LIMIT_OF_1000, ...options })
    const admitting = admit(world, 10_000)
    await world.clock.advance(1000)
    expect(await admitting).toBe(1000)
    expect(world.count('authorize')).toBe(1)
    await close(world)
    expect(counted(world)).toBe(1000)
  })

  it('law 7: in bursts, with flushes and refreshes between them', async () => {
    const world = createWorld({ state: LIMIT_OF_1000, reportDelayMs: 3000 })
    let admitted = 0
    for (let burst = 0; burst < 20; burst++) {
      admitted += await admit(world, 500)
      if (burst % 3 === 0) void world.reporter.flush()
      await world.clock.advance(7000)
    }
    expect(admitted).toBe(1000)
    expect(world.cached).toContain('refreshed')
    await close(world)
    expect(counted(world)).toBe(1000)
  })

  it('law 7: with usage on three levels and limits on each', async () => {
    const world = createWorld({
      state: stateOf({
        metrics: THREE_LEVELS,
        limits: [
          { metric: 'hits', period: 'day', value: 1000 },
          { metric: 'searches', period: 'hour', value: 400 },
          { metric: 'deep', period: 'eternity', value: 100 },
        ],
      }),
      reportDelayMs: 20_000,
    })
    const asked = await Promise.all(
      Array.from({ length: 10_000 }, async (_, index) => {
        const usage = [{ hits: 1 }, { searches: 1 }, { deep: 1 }, { orders: 1, deep: 1 }][index % 4]!
        return allowed(await world.ask({ userKey: 'k1' }, usage)) ? usage : {}
      }),
    )
    const deep = asked.filter((usage) => 'deep' in usage).length
    const searches = deep + asked.filter((usage) => 'searches' in usage).length
    const hits = searches + asked.filter((usage) => 'hits' in usage).length
    expect([deep, searches, hits]).toEqual([100, 400, 1000])
    await close(world)
    expect([counted(world, 'deep'), counted(world, 'searches'), counted(world, 'hits')]).toEqual([100, 400, 1000])
  })

  it('law 7: with minute, day and eternity limits together, across the ends of minutes', async () => {
    const world = createWorld({
      state: stateOf({
        limits: [
          { metric: 'hits', period: 'minute', value: 100 },
          { metric: 'hits', period: 'day', value: 250 },
          { metric: 'hits', period: 'eternity', value: 1000 },
        ],
      }),
      now: '2026-03-10T10:20:59.500Z',
    })
    const perMinute: number[] = []
    for (let minute = 0; minute < 4; minute++) {
      perMinute.push(await admit(world, 1000))
      await world.clock.advance(60_000)
    }
    expect(perMinute).toEqual([100, 100, 50, 0])
    await close(world)
    expect(counted(world)).toBe(250)
  })
})

describe('the end of a window', () => {
  const ends: [string, string][] = [
    ['minute', '2026-03-10T10:20:59.999Z'],
    ['hour', '2026-03-10T10:59:59.999Z'],
    ['day', '2026-03-10T23:59:59.999Z'],
    ['week', '2026-03-15T23:59:59.999Z'],
    ['month', '2026-04-30T23:59:59.999Z'],
    ['month', '2024-02-29T23:59:59.999Z'],
    ['month', '2025-02-28T23:59:59.999Z'],
    ['year', '2026-12-31T23:59:59.999Z'],
  ]
  it.each(ends)('law 7: of a %s at %s begins with the full limit, to the millisecond', async (period, now) => {
    const world = createWorld({ state: stateOf({ limits: [{ metric: 'hits', period, value: 10 }] }), now })
    expect(await admit(world, 50)).toBe(10)
    await world.clock.advance(1)
    expect(await admit(world, 50)).toBe(10)
    await close(world)
    expect(counted(world)).toBe(20)
  })

  it('law 7: a window that contains the leap day does not end on 28 February', async () => {
    const world = createWorld({
      state: stateOf({ limits: [{ metric: 'hits', period: 'month', value: 10 }] }),
      now: '2024-02-28T23:59:59.999Z',
    })
    expect(await admit(world, 50)).toBe(10)
    await world.clock.advance(1)
    expect(await admit(world, 50)).toBe(0)
  })

  it('law 7: usage reported late counts in the window in which it was admitted', async () => {
    const world = createWorld({
      state: stateOf({ limits: [{ metric: 'hits', period: 'hour', value: 10 }] }),
      now: '2026-03-10T10:59:55Z',
    })
    expect(await admit(world, 50)).toBe(10)
    await world.clock.advance(20_000)
    expect(counted(world, 'hits', 'hour')).toBe(0)
    expect(counted(world)).toBe(10)
    expect(await admit(world, 50)).toBe(10)
  })
})

it('law 7: 20 keys of one application arriving at once share its limit', async () => {
  const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`)
  const world = createWorld({
    state: stateOf({
      version: '2',
      limits: [{ metric: 'hits', period: 'day', value: 10 }],
      applications: [{ id: 'a1', plan: 'p1', application_keys: keys }],
    }),
    latencyMs: 50,
  })
  const asking = Promise.all(
    Array.from({ length: 100 }, (_, index) => world.ask({ appId: 'a1', appKey: keys[index % 20]! })),
  )
  await world.clock.advance(500)
  expect((await asking).filter(allowed)).toHaveLength(10)
  await close(world)
  expect(counted(world)).toBe(10)
})

it('law 7: limits that are raised or lowered hold from the next refresh on', async () => {
  const world = createWorld({ state: stateOf({ limits: [{ metric: 'hits', period: 'day', value: 10 }] }) })
  const limit = (value: number) =>
    world.emulator.updateState(stateOf({ limits: [{ metric: 'hits', period: 'day', value }] }))
  const refresh = async () => {
    await world.clock.advance(10_001)
    world.ask({ userKey: 'k1' }, { hits: 0 })
    await settled()
  }
  expect(await admit(world, 50)).toBe(10)
  limit(25)
  await refresh()
  expect(await admit(world, 50)).toBe(15)
  limit(5)
  await refresh()
  expect(await admit(world, 50)).toBe(0)
  limit(30)
  await refresh()
  expect(await admit(world, 50)).toBe(5)
  await close(world)
  expect(counted(world)).toBe(30)
})

it('a denial for limits says when the last of the exceeded windows ends', async () => {
  const world = createWorld({
    state: stateOf({
      limits: [
        { metric: 'hits', period: 'minute', value: 1 },
        { metric: 'hits', period: 'hour', value: 1 },
        { metric: 'hits', period: 'day', value: 100 },
      ],
    }),
  })
  expect(await admit(world, 1)).toBe(1)
  const [denied] = await outcomes(world, 1)
  expect(denied).toMatchObject({
    outcome: 'refuse',
    code: 'limits_exceeded',
    retryAt: Date.parse('2026-03-10T11:00:00Z'),
    disabled: false,
  })
})

it('a limit of 0 disables a metric; waiting does not help against eternity or a usage above the limit', async () => {
  const denialOf = async (limits: { metric: string; period: string; value: number }[], usage: Usage) => {
    const world = createWorld({ state: stateOf({ limits }) })
    await outcomes(world, 1, { hits: 0 })
    return (await outcomes(world, 1, usage))[0]
  }
  expect(await denialOf([{ metric: 'hits', period: 'day', value: 0 }], { hits: 1 })).toMatchObject({ disabled: true })
  expect(await denialOf([{ metric: 'hits', period: 'eternity', value: 1 }], { hits: 2 })).toMatchObject({
    retryAt: undefined,
  })
  expect(await denialOf([{ metric: 'hits', period: 'day', value: 1 }], { hits: 2 })).toMatchObject({
    retryAt: undefined,
  })
})
