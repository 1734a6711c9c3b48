/** When callers are asked about again in the background. */
import type { Credentials } from '@threescale/core'
import { expect, it } from 'vitest'
import { createWorld, stateOf } from './world.ts'

const COUNT = 100
const indexes = Array.from({ length: COUNT }, (_, index) => index)

const KINDS: Record<
  string,
  { version: '1' | '2'; application: (index: number) => object; caller: (index: number) => Credentials }
> = {
  'user key': {
    version: '1',
    application: (index) => ({ id: `app-${index}`, plan: 'p1', user_keys: [`key-${index}`] }),
    caller: (index) => ({ userKey: `key-${index}` }),
  },
  'id and key': {
    version: '2',
    application: (index) => ({ id: `app-${index}`, plan: 'p1', application_keys: [`key-${index}`] }),
    caller: (index) => ({ appId: `app-${index}`, appKey: `key-${index}` }),
  },
}

it.each(Object.keys(KINDS))(
  'callers by %s who all came at once are spread over the ttl, each asked about once per ttl',
  async (kind) => {
    const { version, application, caller } = KINDS[kind]!
    const state = stateOf({ limits: [], version, applications: indexes.map(application) })
    const world = createWorld({ state, cache: { ttlMs: 10_000 } })
    const asked: number[] = []
    for (let second = 0; second <= 30; second++) {
      const before = world.count('authorize')
      for (const index of indexes) await world.ask(caller(index))
      await world.clock.advance(1000)
      asked.push(world.count('authorize') - before)
    }
    const [first, ...later] = asked
    expect(first).toBe(COUNT)
    for (const calls of later) expect(calls).toBeLessThan(COUNT / 4)
    // Three ttls, and what a head start is ahead.
    expect(later.reduce((sum, calls) => sum + calls)).toBeLessThan(COUNT * 3.5)
    expect(world.losses).toEqual([])
  },
)
