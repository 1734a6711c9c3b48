/** When callers are refreshed in the background. */
import type { Credentials } from '@threescale/core'
import { expect, it } from 'vitest'
import { allowed, createWorld, stateOf } from '../support/world.ts'

interface Kind {
  readonly version: '1' | '2'
  /** How many answers prove all callers. */
  readonly proofs: number
  readonly keys: number
  readonly secrets: (names: string[]) => object
  readonly caller: (application: number, key: string) => Credentials
}

const BY_ID = {
  version: '2',
  secrets: (names: string[]) => ({ application_keys: names }),
  caller: (application: number, key: string) => ({ appId: `app-${application}`, appKey: key }),
} as const

const KINDS: Record<string, Kind> = {
  'user key': {
    version: '1',
    proofs: 100,
    keys: 1,
    secrets: (names) => ({ user_keys: names }),
    caller: (_, key) => ({ userKey: key }),
  },
  'id and key': { ...BY_ID, proofs: 100, keys: 1 },
  // Multiples of the golden ratio give almost the same share if they are a Fibonacci number apart.
  'id and one of 34 keys': { ...BY_ID, proofs: 20, keys: 34 },
}

it.each(Object.keys(KINDS))(
  'callers by %s that arrive together are spread over the ttl, and each is refreshed once per ttl',
  async (kind) => {
    const { version, proofs, keys, secrets, caller } = KINDS[kind]!
    const applications = Array.from({ length: proofs }, (_, index) => index)
    const namesOf = (application: number) => Array.from({ length: keys }, (_, key) => `key-${application}-${key}`)
    const state = stateOf({
      limits: [],
      version,
      applications: applications.map((index) => ({
        id: `app-${index}`,
        plan: 'p1',
        ...secrets(namesOf(index)),
      })),
    })
    // Without reports, because they ask about what was not proved right before.
    const world = createWorld({ state, cache: { ttlMs: 10_000 }, report: { intervalMs: 3_600_000 } })
    const askAll = async () => {
      const before = world.count('authorize')
      for (const index of applications) for (const key of namesOf(index)) await world.ask(caller(index, key))
      await world.clock.advance(1000)
      return world.count('authorize') - before
    }
    // A head start just below the whole ttl ends with the second request.
    const first = await askAll()
    expect(first).toBeGreaterThanOrEqual(proofs * keys)
    const later: number[] = []
    for (let second = 0; second < 30; second++) later.push(await askAll())
    for (const calls of later) {
      expect(calls).toBeGreaterThanOrEqual(proofs * 0.05)
      expect(calls).toBeLessThanOrEqual(proofs * 0.15)
    }
    // A refresh comes with the first request after a ttl, which is up to a second later.
    const sum = later.reduce((one, other) => one + other)
    expect(sum).toBeGreaterThanOrEqual(proofs * 2.7)
    expect(sum).toBeLessThanOrEqual(proofs * 3)
  },
)

it('proofs for reports cost busy callers next to nothing: at most one call per 100 requests, reports included', async () => {
  const ids = Array.from({ length: 40 }, (_, index) => `app-${index}`)
  const world = createWorld({
    state: stateOf({ limits: [], version: '2', applications: ids.map((id) => ({ id, plan: 'p1' })) }),
    latencyMs: 20,
    maxCalls: 400,
  })
  // A thousand requests of each application a minute, until what was acknowledged first is proved.
  let requests = 0
  let refused = 0
  for (let tick = 0; tick < 200; tick++) {
    for (const appId of ids) {
      for (let request = 0; request < 8; request++) {
        requests += 1
        const outcome = world.ask({ appId })
        // The first ones wait for an answer, which takes its time on the clock.
        if (tick > 0 && !allowed(await outcome)) refused += 1
      }
    }
    await world.clock.advance(500)
  }
  expect(world.calls.length).toBeLessThanOrEqual(requests / 100)
  // About one question for each application and ttl, as refreshes alone would be.
  expect(world.count('authorize')).toBeLessThanOrEqual(ids.length * (100 / 10 + 2))
  // Only what the last reports carried is not proved yet.
  expect(refused).toBe(0)
  expect([...world.ledger.batches.acknowledged()].length).toBeLessThanOrEqual(8)
})
