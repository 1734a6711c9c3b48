/** When callers are asked about again in the background. */
import { expect, it } from 'vitest'
import { createWorld, stateOf } from './world.ts'

it('callers who all came at once are spread over the ttl from their first refresh on, each asked about once per ttl', async () => {
  const callers = 100
  const keys = Array.from({ length: callers }, (_, index) => `key-${index}`)
  const applications = keys.map((key, index) => ({ id: `app-${index}`, plan: 'p1', user_keys: [key] }))
  const world = createWorld({ state: stateOf({ limits: [], applications }), cache: { ttlMs: 10_000 } })
  const asked: number[] = []
  for (let second = 0; second <= 30; second++) {
    const before = world.count('authorize')
    for (const userKey of keys) await world.ask({ userKey })
    await world.clock.advance(1000)
    asked.push(world.count('authorize') - before)
  }
  const [first, ...later] = asked
  expect(first).toBe(callers)
  for (const calls of later) expect(calls).toBeLessThan(callers / 4)
  // Head starts take one refresh, and half of a ttl's callers are under way to the next.
  expect(later.reduce((sum, calls) => sum + calls)).toBeLessThan(callers * 3.5)
  expect(world.losses).toEqual([])
})
