/** The same behaviours wherever usage is counted: in one process, in a store in memory, and in Redis. */
import type { Decision, Gateway, UsageStore } from '@threescale/core'
import { redisStore } from '@threescale/redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ConnectedRedis, connectRedis } from '../../packages/redis/test/support/connected-redis.ts'
import { HAS_REDIS, SKIPPED } from '../../packages/redis/test/support/redis-server.ts'
import { callOf, createFleet, type Fleet, type FleetOptions, isAllowed } from '../support/fleet.ts'
import type { ManualClock } from '../support/manual-clock.ts'
import { ModelRedis } from '../support/model-redis.ts'
import { stateOf } from '../support/world.ts'

/** Lets the loop turn until all commands are answered. */
async function turn(): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve))
  while (underWay > 0)
}

interface Kind {
  readonly title: string
  readonly processes: number
  readonly skip?: boolean
  /** Called once for each fleet. @returns what opens the store of one process. */
  createStores(tells: boolean): (clock: ManualClock) => UsageStore | undefined
}

let redis: ConnectedRedis | undefined
let fleets = 0
/** Commands without an answer: the clock stands still meanwhile, however long they take on a busy machine. */
let underWay = 0

beforeAll(async () => {
  redis = HAS_REDIS ? await connectRedis() : undefined
})

afterAll(() => redis?.stop())

const KINDS: readonly Kind[] = [
  { title: 'one process that counts for itself', processes: 1, createStores: () => () => undefined },
  {
    title: 'three processes and the model of the scripts',
    processes: 3,
    createStores: (tells) => {
      let model: ModelRedis | undefined
      return (clock) => {
        model ??= new ModelRedis(clock, { TELL: tells })
        return redisStore({ send: model.send })
      }
    },
  },
  {
    title: `three processes and Redis${SKIPPED}`,
    processes: 3,
    skip: !HAS_REDIS,
    createStores: () => {
      fleets += 1
      const prefix = `fleet-${fleets}:`
      return (clock) =>
        redisStore({
          prefix,
          // Scripts take the time as an argument: the clock of the test instead of the server's.
          send: async (command) => {
            underWay += 1
            const timed = command[0]!.startsWith('EVAL') ? command.with(4, String(Math.floor(clock.now()))) : command
            return await redis!.send(timed).finally(() => {
              underWay -= 1
            })
          },
        })
    },
  },
]

const LIMIT = 12
const STEP_MS = 100
const NOT_FOUND = { status: 404, finished: true, header: () => undefined }
const DAY = stateOf({ limits: [{ metric: 'hits', period: 'day', value: LIMIT }] })
const METRICS = [{ name: 'hits' }, { name: 'search', parent: 'hits' }, { name: 'free' }]

describe.each(KINDS)('$title', ({ processes, skip = false, createStores }) => {
  const fleetOf = (options: Omit<FleetOptions, 'processes' | 'openStore'>): Fleet =>
    createFleet({
      ...options,
      processes,
      openStore: createStores(options.options?.rateLimitHeaders === 'all'),
    })

  /** Waits for what needs turns of the loop, and a little time on the clock. */
  async function done<Value>(fleet: Fleet, task: Promise<Value>): Promise<Value> {
    let ended = false
    const noted = task.finally(() => {
      ended = true
    })
    while (!ended) {
      await turn()
      await fleet.clock.advance(1)
    }
    return await noted
  }

  /** Lets time pass, in steps in which the store can answer. */
  async function pass({ clock }: Fleet, ms: number): Promise<void> {
    for (const end = clock.now() + ms; clock.now() < end; await clock.advance(Math.min(STEP_MS, end - clock.now()))) {
      await turn()
    }
  }

  const ask = (fleet: Fleet, gateway: Gateway, path = ''): Promise<Decision> =>
    done(fleet, Promise.resolve(gateway.evaluate(callOf('k1', path))))

  /** Asks all processes at once, `times` each. @returns how many were admitted. */
  async function askAll(fleet: Fleet, times: number, key = 'k1'): Promise<number> {
    const decisions = fleet.gateways.flatMap((gateway) =>
      Array.from({ length: times }, async () => await gateway.evaluate(callOf(key))),
    )
    return (await done(fleet, Promise.all(decisions))).filter(isAllowed).length
  }

  const test = it.skipIf(skip)

  test('admits as much as the limit, however many ask at once', async () => {
    const fleet = fleetOf({ state: DAY })
    expect(await askAll(fleet, 2 * LIMIT)).toBe(LIMIT)
    expect(await askAll(fleet, 2)).toBe(0)
    const denied = await ask(fleet, fleet.gateways[0]!)
    expect(denied).toMatchObject({ outcome: 'deny', status: 429, code: 'limits_exceeded' })
    const midnight = Date.parse('2026-03-11T00:00:00Z') - fleet.clock.now()
    expect(denied.outcome === 'deny' && Math.abs(denied.retryAfterMs! - midnight)).toBeLessThan(1000)
  })

  test('begins anew when a window ends', async () => {
    const limits = [
      { metric: 'hits', period: 'minute', value: 5 },
      { metric: 'hits', period: 'hour', value: 8 },
    ]
    const fleet = fleetOf({ state: stateOf({ limits }) })
    expect(await askAll(fleet, 6)).toBe(5)
    await pass(fleet, 60_000)
    expect(await askAll(fleet, 6)).toBe(3)
  })

  test('counts usage of a metric against the limits of its parent, and none against a free one', async () => {
    const mappingRules = [
      { method: 'GET', pattern: '/', metric: 'free', delta: 3 },
      { method: 'GET', pattern: '/?q={q}', metric: 'search', delta: 5 },
    ]
    const state = stateOf({ metrics: METRICS, limits: [{ metric: 'hits', period: 'day', value: LIMIT }] })
    const fleet = fleetOf({ state, options: { mappingRules } })
    const outcomes = []
    for (let i = 0; i < 4; i++) outcomes.push((await ask(fleet, fleet.gateways[i % processes]!, '&q=1')).outcome)
    expect(outcomes).toEqual(['allow', 'allow', 'deny', 'deny'])
    expect(await ask(fleet, fleet.gateways[0]!)).toMatchObject({ outcome: 'allow' })
  })

  test('denies what a plan disables, and what is larger than its limit', async () => {
    const state = stateOf({ metrics: METRICS, limits: [{ metric: 'search', period: 'day', value: 0 }] })
    const fleet = fleetOf({ state, options: { usage: { search: 1 } } })
    for (const gateway of fleet.gateways)
      expect(await ask(fleet, gateway)).toMatchObject({ outcome: 'deny', status: 403 })
    const large = fleetOf({ state: DAY, options: { usage: { hits: LIMIT + 1 } } })
    for (const gateway of large.gateways) {
      expect(await ask(large, gateway)).toMatchObject({ outcome: 'deny', status: 429, retryAfterMs: undefined })
    }
  })

  test('an amount of 0 is decided by its limits and counts nothing', async () => {
    const fleet = fleetOf({ state: DAY, options: { usage: { hits: 0 } } })
    expect(await askAll(fleet, 2 * LIMIT)).toBe(2 * LIMIT * processes)
  })

  test('predicted usage counts only when usageAfter tells it', async () => {
    const fleet = fleetOf({ state: DAY, options: { usageAfter: () => ({ hits: 5 }) } })
    for (let i = 0; i < 3; i++) {
      const decision = await ask(fleet, fleet.gateways[i % processes]!)
      expect(decision.outcome).toBe('allow')
      fleet.gateways[i % processes]!.settle(decision, NOT_FOUND)
      await pass(fleet, 20)
    }
    // 15 are counted, of 12: the last one was under way when there was room.
    expect(await askAll(fleet, 1)).toBe(0)
  })

  test('usage that a handler adds counts at once', async () => {
    const fleet = fleetOf({ state: DAY })
    const decision = await ask(fleet, fleet.gateways[0]!)
    if (decision.outcome === 'allow') decision.addUsage({ hits: LIMIT - 3 })
    await pass(fleet, 20)
    expect(await askAll(fleet, LIMIT)).toBe(2)
  })

  test('usage that awaits the status of its response counts from its admission on', async () => {
    const fleet = fleetOf({ state: DAY, options: { responseCodes: true } })
    const decisions = await Promise.all(fleet.gateways.map((gateway) => ask(fleet, gateway)))
    expect(await askAll(fleet, LIMIT)).toBe(LIMIT - processes)
    for (const [i, decision] of decisions.entries()) fleet.gateways[i]!.settle(decision, NOT_FOUND)
    await pass(fleet, 20)
    expect(await askAll(fleet, 1)).toBe(0)
  })

  test('goes by a limit that was lowered, and by one that was raised, from the next answer on', async () => {
    for (const value of [3, 2 * LIMIT]) {
      const fleet = fleetOf({ state: DAY })
      expect(await askAll(fleet, 3 / processes)).toBe(3)
      fleet.emulator.updateState(stateOf({ limits: [{ metric: 'hits', period: 'day', value }] }))
      await pass(fleet, 11_000)
      // These lead to the question.
      const before = await askAll(fleet, 3 / processes)
      await pass(fleet, 200)
      expect(3 + before + (await askAll(fleet, 3 * LIMIT))).toBe(Math.max(value, 3 + before))
    }
  })

  test.each([
    ['deny', 0],
    ['last-known', LIMIT - 3],
    ['allow', LIMIT - 3],
  ] as const)('%s admits %i more while 3scale does not answer for longer than staleMs', async (onUnavailable, more) => {
    const fleet = fleetOf({ state: DAY, options: { onUnavailable } })
    expect(await askAll(fleet, 3 / processes)).toBe(3)
    fleet.fault = () => ({ status: 503, headers: {}, body: Buffer.alloc(0) })
    await pass(fleet, 61_000)
    expect(await askAll(fleet, LIMIT)).toBe(more)
    expect(await askAll(fleet, 1)).toBe(0)
    fleet.fault = undefined
    await pass(fleet, 5000)
    await askAll(fleet, 1)
    await pass(fleet, 5000)
    // By now it is asked about again.
    expect(await askAll(fleet, 1)).toBe(onUnavailable === 'deny' ? processes : 0)
  })

  test('a caller that 3scale does not know is denied, and asked about once', async () => {
    const fleet = fleetOf({ state: DAY })
    expect(await askAll(fleet, 2, 'wrong')).toBe(0)
    expect(fleet.count('authorize')).toBe(1)
  })

  test('observing counts nothing and denies nobody', async () => {
    const fleet = fleetOf({ state: DAY, options: { mode: 'observe' } })
    await askAll(fleet, 2 * LIMIT)
    for (const gateway of fleet.gateways) expect(gateway.stats().usage).toEqual({})
  })

  test('RateLimit fields tell what is left', async () => {
    const fleet = fleetOf({ state: DAY, options: { rateLimitHeaders: 'all' } })
    expect(await askAll(fleet, 3 / processes)).toBe(3)
    const decision = await ask(fleet, fleet.gateways[0]!)
    expect(decision.outcome === 'allow' && decision.headers.ratelimit).toContain(`"hits.day";r=${LIMIT - 4}`)
  })

  test('law 12: usage without a limit, and a limit that is known to be full, cost no promise', async () => {
    const full = fleetOf({ state: DAY })
    expect(await askAll(full, 2 * LIMIT)).toBe(LIMIT)
    const free = fleetOf({ state: stateOf({}) })
    expect(await askAll(free, 1)).toBe(processes)
    for (const [i] of full.gateways.entries()) {
      expect(full.gateways[i]!.evaluate(callOf('k1'))).toMatchObject({ outcome: 'deny', status: 429 })
      expect(free.gateways[i]!.evaluate(callOf('k1'))).toMatchObject({ outcome: 'allow' })
    }
  })

  test('3scale is asked once per ttl about an application, however many processes ask', async () => {
    const fleet = fleetOf({ state: stateOf({ limits: [{ metric: 'hits', period: 'day', value: 1000 }] }) })
    for (let second = 0; second < 60; second++) {
      expect(await askAll(fleet, 1)).toBe(processes)
      await pass(fleet, 1000)
    }
    // The first time, then each 10 to 12 s; a process that counts for itself asks once more, because it begins early.
    expect(fleet.count('authorize')).toBeGreaterThanOrEqual(5)
    expect(fleet.count('authorize')).toBeLessThanOrEqual(8)
  })

  test('law 8: all usage that was admitted is somewhere', async () => {
    const fleet = fleetOf({ state: DAY })
    const admitted = await askAll(fleet, 3)
    let sum = 0
    for (const gateway of fleet.gateways) {
      const { hits } = gateway.stats().usage
      const { acknowledged, inFlight, ambiguous, pending, givenUp, shared = 0 } = hits!
      expect(hits!.admitted).toBe(acknowledged + inFlight + ambiguous + pending + givenUp + shared)
      sum += hits!.admitted
    }
    expect(sum).toBe(admitted)
  })
})
