import { createEmulator } from '@threescale/emulator'
import { expect, it } from 'vitest'
import { ManualClock } from '../support/manual-clock.ts'
import { allowed, createWorld, stateOf } from '../support/world.ts'

const LIMIT = 300
const STATE = stateOf({ limits: [{ metric: 'hits', period: 'day', value: LIMIT }] })
const TICK_MS = 100

/**
 * Asks each of several gateways without a shared store once per tick, until all of them deny. Returns by how much the
 * limit was exceeded, and the bound of docs/cached.md.
 */
async function overshoot(processes: number, lagMs: number, ttlMs: number, intervalMs: number) {
  const clock = new ManualClock('2026-03-10T10:20:30Z')
  const emulator = createEmulator({ state: STATE, clock, reportDelayMs: lagMs })
  const settings = { state: STATE, clock, emulator, cache: { ttlMs }, report: { intervalMs } }
  const worlds = Array.from({ length: processes }, () => createWorld(settings))
  let admitted = 0
  let deniedByAll = 0
  for (let tick = 0; tick < 3000 && deniedByAll < 50; tick++) {
    const outcomes = await Promise.all(worlds.map((world) => world.ask({ userKey: 'k1' })))
    admitted += outcomes.filter(allowed).length
    deniedByAll = outcomes.some(allowed) ? 0 : deniedByAll + 1
    await clock.advance(TICK_MS)
  }
  const closing = Promise.all(worlds.map((world) => world.reporter.close()))
  await clock.advance(lagMs + intervalMs)
  await closing
  expect(emulator.usage().s1!.a1!.hits!.day).toBe(admitted)
  const rate = 1 / TICK_MS
  // Everything happens at a tick, so each of the three delays may last one tick longer.
  const own = intervalMs + TICK_MS + lagMs + TICK_MS
  const bound = (processes - 1) * rate * (own + ttlMs + TICK_MS) + rate * own
  return { over: admitted - LIMIT, bound }
}

it.each([
  [2, 0, 1000, 1000],
  [2, 2000, 5000, 2000],
  [3, 1000, 1000, 3000],
  [4, 500, 2000, 1000],
  [4, 429, 4051, 1588],
  // Each refresh follows a report that is not counted yet.
  [2, 2000, 10_000, 10_000],
])(
  '%i gateways, lag %i ms, ttl %i ms, interval %i ms: exceed a limit by no more than the guide says',
  async (...given) => {
    const { over, bound } = await overshoot(...given)
    expect(over).toBeGreaterThan(0)
    expect(over).toBeLessThanOrEqual(bound)
  },
)

it('law 7: one gateway does not exceed it', async () => {
  expect((await overshoot(1, 2000, 1000, 1000)).over).toBe(0)
})
