/** Law 7 with a backend whose clock differs from ours. */
import { createEmulator } from '@threescale/emulator'
import { expect, it } from 'vitest'
import { ManualClock } from '../support/manual-clock.ts'
import { allowed, createWorld, stateOf, type World } from '../support/world.ts'

const HOUR_MS = 3_600_000

function worldWithClock(aheadMs: number, period: string, value: number, now = '2026-03-10T10:20:30Z'): World {
  const clock = new ManualClock(now)
  clock.set(aheadMs)
  const state = stateOf({ limits: [{ metric: 'hits', period, value }] })
  const emulator = createEmulator({ state, clock: { now: () => clock.now() - aheadMs } })
  return createWorld({ state, clock, emulator })
}

it.each(['10:05:00', '10:25:00', '10:55:00'])(
  'a clock three hours fast, started at %s, exceeds the limit of no hour',
  async (time) => {
    const world = worldWithClock(3 * HOUR_MS, 'hour', 10, `2026-03-10T${time}Z`)
    let admitted = 0
    let most = 0
    for (let turn = 0; turn < 6 * 130; turn++) {
      for (let request = 0; request < 15; request++) if (allowed(await world.ask({ userKey: 'k1' }))) admitted++
      await world.clock.advance(10_000)
      most = Math.max(most, world.emulator.usage().s1!.a1!.hits!.hour!)
    }
    await world.reporter.close()
    expect(most).toBe(10)
    // The windows of three or four hours; nothing was dropped.
    expect([30, 40]).toContain(admitted)
    expect(world.emulator.usage().s1!.a1!.hits!.eternity).toBe(admitted)
  },
)

it('a clock three days fast is corrected so that no report is dropped', async () => {
  const world = worldWithClock(72 * HOUR_MS, 'day', 10)
  let admitted = 0
  for (let turn = 0; turn < 60; turn++) {
    for (let request = 0; request < 2; request++) if (allowed(await world.ask({ userKey: 'k1' }))) admitted++
    await world.clock.advance(10_000)
  }
  expect(world.troubles).toContain('THREESCALE_CLOCK_AHEAD')
  expect([admitted, world.emulator.usage().s1!.a1!.hits!.day]).toEqual([10, 10])
})

it('a slow clock does not make callers wait longer than the window', async () => {
  const world = worldWithClock(-600_000, 'minute', 1)
  await world.ask({ userKey: 'k1' })
  const denied = (await world.ask({ userKey: 'k1' })) as { readonly retryAt?: number }
  expect(denied.retryAt! - world.clock.now()).toBeLessThanOrEqual(60_000)
})
