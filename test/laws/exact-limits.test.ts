import { describe, expect, it } from 'vitest'
import { settled } from './manual-clock.ts'
import { allowed, createWorld, imbalance, stateOf, type World, type WorldOptions } from './world.ts'

const LIMIT_OF_1000 = stateOf({ limits: [{ metric: 'hits', period: 'day', value: 1000 }] })

async function askMany(world: World, times: number): Promise<number> {
  const outcomes = await Promise.all(Array.from({ length: times }, () => world.ask({ userKey: 'k1' })))
  return outcomes.filter(allowed).length
}

function counted(world: World, metric = 'hits', period: 'day' | 'minute' | 'eternity' = 'day'): number {
  return world.emulator.usage().s1!.a1![metric]![period]
}

describe('10,000 at once on a limit of 1,000', () => {
  const variants: [string, Partial<WorldOptions>][] = [
    ['counted at once', {}],
    ['counted 40 s late', { reportDelayMs: 40_000 }],
  ]
  it.each(variants)('law 7: admits exactly 1,000, and the backend counts them (%s)', async (_name, options) => {
    const world = createWorld({ state: LIMIT_OF_1000, ...options })
    const admitted = await askMany(world, 10_000)
    expect(admitted).toBe(1000)
    expect(world.count('authorize')).toBe(1)
    const closing = world.reporter.close()
    await world.clock.advance(50_000)
    expect(await closing).toEqual({ undelivered: {} })
    expect(imbalance(world.ledger)).toEqual({})
    expect(counted(world)).toBe(1000)
  })
})

it('law 8: what is admitted is reported within the interval', async () => {
  const world = createWorld({ state: LIMIT_OF_1000 })
  expect(allowed(await world.ask({ userKey: 'k1' }))).toBe(true)
  expect(allowed(world.ask({ userKey: 'k1' }) as never)).toBe(true)
  expect(counted(world)).toBe(0)
  await world.clock.advance(10_000)
  await settled()
  expect(counted(world)).toBe(2)
  expect(world.ledger.sums().hits).toMatchObject({ admitted: 2, acknowledged: 2, pending: 0 })
})
