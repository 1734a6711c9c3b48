/** `limitMargin`: near a limit, several gateways ask the backend instead of counting each for itself. */
import { createEmulator } from '@threescale/emulator'
import { expect, it } from 'vitest'
import { imbalance } from '../support/imbalance.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { allowed, createWorld, stateOf } from '../support/world.ts'

it('within the margin the backend is asked per request, and does not overshoot if it counts at once', async () => {
  const clock = new ManualClock('2026-03-10T10:20:30Z')
  const state = stateOf({ limits: [{ metric: 'hits', period: 'day', value: 300 }] })
  const emulator = createEmulator({ state, clock })
  const worlds = [0, 1].map(() => createWorld({ state, clock, emulator, cache: { limitMargin: 0.7 } }))
  let admitted = 0
  for (let second = 0; second < 40; second++) {
    for (const world of worlds) {
      for (let request = 0; request < 5; request++) if (allowed(await world.ask({ userKey: 'k1' }))) admitted++
    }
    await clock.advance(1000)
  }
  expect(admitted).toBe(300)
  expect(worlds[0]!.count('authorize')).toBeLessThan(10)
  expect(worlds[0]!.count('authrep')).toBeGreaterThan(100)
  for (const world of worlds) {
    expect(await world.reporter.close()).toEqual({ undelivered: {} })
    expect(imbalance(world.ledger)).toEqual({})
  }
  expect(emulator.usage().s1!.a1!.hits!.day).toBe(300)
})

it('law 7: usage that the backend counted in a newer window than ours counts in that window here too', async () => {
  const clock = new ManualClock('2026-03-10T10:20:10Z')
  const state = stateOf({ limits: [{ metric: 'hits', period: 'minute', value: 10 }] })
  const emulator = createEmulator({ state, clock: { now: () => clock.now() + 45_000 } })
  const world = createWorld({ state, clock, emulator, cache: { limitMargin: 0.5 } })
  const ask = async (times: number) => {
    const outcomes = []
    for (let i = 0; i < times; i++) outcomes.push(await world.ask({ userKey: 'k1' }))
    return outcomes.filter(allowed).length
  }
  expect(await ask(6)).toBe(6)
  expect(world.count('authrep')).toBe(1)
  await clock.advance(5000)
  // The backend counts the first of them in its new minute before we know of that minute.
  expect(await ask(12)).toBe(10)
  await world.reporter.flush()
  expect(emulator.usage().s1!.a1!.hits!.minute).toBe(10)
})

it.each([200, 500])(
  'law 8: usage under way at close is given up once, whether its answer comes %s later or not',
  async (status) => {
    const limits = [{ metric: 'hits', period: 'day', value: 10 }]
    const world = createWorld({ state: stateOf({ limits }), cache: { limitMargin: 1 } })
    await world.ask({ userKey: 'k1' })
    await world.reporter.flush()
    world.fault = async (_, pass) => {
      await new Promise<void>((resolve) => world.clock.schedule(resolve, 5000))
      return { ...pass(), status }
    }
    const late = world.ask({ userKey: 'k1' })
    const closing = world.reporter.close({ timeoutMs: 1000 })
    await world.clock.advance(1000)
    expect(await closing).toEqual({ undelivered: { hits: 1 } })
    await world.clock.advance(5000)
    await late
    expect(imbalance(world.ledger)).toEqual({})
    expect(world.losses).toMatchObject([{ reason: 'closed', usage: { hits: 1 } }])
  },
)
