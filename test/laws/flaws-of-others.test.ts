/**
 * Flaws of two other caches for 3scale, one in Go and one in an Envoy filter. Each test shows that this gateway does
 * not have the flaw. A flaw that both have is tested once.
 */
import { describe, expect, it } from 'vitest'
import type { Usage } from '../../packages/core/src/domain/usage.ts'
import { TransportError } from '../../packages/core/src/errors.ts'
import { imbalance } from '../support/imbalance.ts'
import { settled } from '../support/manual-clock.ts'
import { allowed, createWorld, SERVICE, stateOf, type World } from '../support/world.ts'

const DAY = (value: number, metric = 'hits') => ({ metric, period: 'day', value })
const KEYED = [{ id: 'a1', plan: 'p1', application_keys: ['good'] }]

const counted = (world: World, application = 'a1', metric = 'hits') =>
  world.emulator.usage()[SERVICE]![application]![metric]!

/** How many of `times` concurrent requests are admitted. */
async function admit(world: World, times: number, usage: Usage = { hits: 1 }): Promise<number> {
  const outcomes = await Promise.all(Array.from({ length: times }, () => world.ask({ userKey: 'k1' }, usage)))
  return outcomes.filter(allowed).length
}

async function refresh(world: World): Promise<void> {
  await world.clock.advance(10_001)
  world.ask({ userKey: 'k1' }, { hits: 0 })
  await settled()
}

async function close(world: World): Promise<void> {
  const closing = world.reporter.close()
  await world.clock.advance(60_000)
  expect(await closing).toEqual({ undelivered: {} })
  expect(imbalance(world.ledger)).toEqual({})
}

/** Another gateway of the same service. */
function reportElsewhere(world: World, hits: number): void {
  world.emulator.handle({
    method: 'POST',
    target: '/transactions.xml',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `service_token=token&service_id=s1&transactions[0][app_id]=a1&transactions[0][usage][hits]=${hits}`,
  })
}

describe('the identity', () => {
  it('law 6: a key that was never verified does not pass because a good one did', async () => {
    const world = createWorld({ state: stateOf({ version: '2', applications: KEYED }) })
    expect(allowed(await world.ask({ appId: 'a1', appKey: 'good' }))).toBe(true)
    expect(await world.ask({ appId: 'a1', appKey: 'bad' })).toMatchObject({ code: 'application_key_invalid' })
    expect(await world.ask({ appId: 'a1' })).toMatchObject({ code: 'application_key_invalid' })
  })

  it('law 6: a user key and an application id of the same text are two callers', async () => {
    const applications = [{ id: 'same', plan: 'p1', user_keys: ['other'] }]
    const world = createWorld({ state: stateOf({ version: '2', applications }) })
    expect(allowed(await world.ask({ appId: 'same' }))).toBe(true)
    expect(allowed(await world.ask({ userKey: 'same' }))).toBe(false)
  })

  it('law 6: an answer to one service token says nothing about another', async () => {
    const world = createWorld({ state: stateOf({}) })
    const other = createWorld({ state: stateOf({}), client: { serviceToken: 'wrong' } })
    const foreign = world.authorizerOf(other.service.client)
    expect(allowed(await world.ask({ userKey: 'k1' }))).toBe(true)
    const question = {
      credentials: { userKey: 'k1' },
      usage: { usage: { hits: 1 }, metrics: ['hits'], amounts: [1] },
      referrer: undefined,
      policy: { onUnavailable: 'deny', counts: 'now', responseCodes: false },
      view: {},
    } as const
    expect(await foreign.decide(question)).toMatchObject({ code: 'gateway_misconfigured' })
  })

  it('ids with underscores are reported once, for the right application', async () => {
    const world = createWorld({
      state: stateOf({ applications: [{ id: 'my_app_1', plan: 'p1', user_keys: ['k1'] }] }),
    })
    await admit(world, 3)
    await world.clock.advance(10_000)
    await world.clock.advance(10_000)
    expect([counted(world, 'my_app_1').day, world.count('transactions')]).toEqual([3, 1])
  })

  it('a service token with an underscore arrives complete', async () => {
    const world = createWorld({ state: stateOf({ token: 'a_b_c' }), client: { serviceToken: 'a_b_c' } })
    expect(await admit(world, 2)).toBe(2)
    await close(world)
    expect(counted(world).day).toBe(2)
  })
})

describe('limits', () => {
  it('law 7: all periods of a metric count and begin again, not only the shortest', async () => {
    const limits = [{ metric: 'hits', period: 'minute', value: 15 }, DAY(20)]
    const world = createWorld({ state: stateOf({ limits }) })
    const days: number[][] = []
    for (let day = 0; day < 3; day++) {
      const minutes: number[] = []
      for (let minute = 0; minute < 3; minute++) {
        minutes.push(await admit(world, 15))
        await world.clock.advance(60_000)
      }
      days.push(minutes)
      await world.clock.advance(24 * 3_600_000)
    }
    expect(days).toEqual([
      [15, 5, 0],
      [15, 5, 0],
      [15, 5, 0],
    ])
  })

  it('law 7: a later limit of a metric does not replace an earlier one', async () => {
    const limits = [
      { metric: 'hits', period: 'year', value: 7 },
      { metric: 'hits', period: 'minute', value: 100 },
    ]
    expect(await admit(createWorld({ state: stateOf({ limits }) }), 50)).toBe(7)
    expect(await admit(createWorld({ state: stateOf({ limits: limits.reverse() }) }), 50)).toBe(7)
  })

  it('law 7: an eternity limit is read and holds', async () => {
    const world = createWorld({ state: stateOf({ limits: [{ metric: 'hits', period: 'eternity', value: 2 }] }) })
    expect(await admit(world, 3)).toBe(2)
  })

  it('law 7: weeks end, on Mondays', async () => {
    const limits = [{ metric: 'hits', period: 'week', value: 2 }]
    const world = createWorld({ state: stateOf({ limits }), now: '2026-03-15T23:59:59Z' })
    expect(await admit(world, 3)).toBe(2)
    await world.clock.advance(1000)
    expect(await admit(world, 3)).toBe(2)
  })

  it('law 7: months and years have the days of the calendar, not 30 and 365', async () => {
    for (const [period, now, last] of [
      ['month', '2025-12-31T23:59:59Z', '2026-01-31T23:59:58Z'],
      ['year', '2027-12-31T23:59:59Z', '2028-12-31T23:59:58Z'],
    ] as const) {
      const world = createWorld({ state: stateOf({ limits: [{ metric: 'hits', period, value: 1 }] }), now })
      expect(await admit(world, 2)).toBe(1)
      await world.clock.advance(1000)
      expect(await admit(world, 2)).toBe(1)
      world.clock.set(Date.parse(last) - Date.parse(now))
      expect(await admit(world, 1)).toBe(0)
      await world.clock.advance(1000)
      expect(await admit(world, 1)).toBe(1)
    }
  })

  it('law 7: a remainder below 0 does not become a large one', async () => {
    const world = createWorld({ state: stateOf({ limits: [DAY(5)] }) })
    reportElsewhere(world, 9)
    expect(await world.ask({ userKey: 'k1' })).toMatchObject({ code: 'limits_exceeded' })
  })

  it('law 7: a child metric under a limited parent neither breaks the cache nor escapes the limit', async () => {
    const metrics = [{ name: 'hits' }, { name: 'child', parent: 'hits' }]
    const world = createWorld({ state: stateOf({ metrics, limits: [DAY(3)] }) })
    expect(await admit(world, 5, { child: 1 })).toBe(3)
    await close(world)
    expect([counted(world, 'a1', 'child').day, counted(world).day]).toEqual([3, 3])
  })

  it('law 7: nothing runs between the check and the count', async () => {
    const world = createWorld({ state: stateOf({ limits: [DAY(1000)] }) })
    await admit(world, 1)
    // All are decided in the same turn, each in one step.
    const outcomes = Array.from({ length: 2000 }, () => world.ask({ userKey: 'k1' }))
    expect(outcomes.some((outcome) => outcome instanceof Promise)).toBe(false)
    expect((await Promise.all(outcomes)).filter(allowed)).toHaveLength(999)
  })

  it('law 10: concurrent misses make one call and overwrite nothing', async () => {
    const world = createWorld({ state: stateOf({ limits: [DAY(50)] }), latencyMs: 20 })
    const admitted = admit(world, 160)
    await world.clock.advance(20)
    expect([await admitted, world.count('authorize')]).toEqual([50, 1])
  })

  it('usage before the end of a window is reported in it, not in the next', async () => {
    const world = createWorld({ state: stateOf({}), now: '2026-03-10T23:59:58Z' })
    await admit(world, 4)
    await world.clock.advance(30_000)
    await close(world)
    expect([counted(world).day, counted(world).eternity]).toEqual([0, 4])
  })
})

describe('what the backend says later', () => {
  it.each<[string, Parameters<typeof stateOf>[0]]>([
    ['suspended', { applications: [{ id: 'a1', plan: 'p1', user_keys: ['k1'], state: 'suspended' }] }],
    ['deleted', { applications: [] }],
  ])('an application that is %s does not become unlimited at the next report', async (_what, changed) => {
    const world = createWorld({ state: stateOf({ limits: [DAY(5)] }) })
    expect(await admit(world, 2)).toBe(2)
    world.emulator.updateState(stateOf({ limits: [DAY(5)], ...changed }))
    await refresh(world)
    expect(await admit(world, 100)).toBe(0)
  })

  it('a wrong key, or a suspended application, is refused although the answer has usage reports', async () => {
    const applications = [...KEYED, { id: 'a2', plan: 'p1', state: 'suspended' }]
    const world = createWorld({ state: stateOf({ version: '2', limits: [DAY(5)], applications }) })
    for (let time = 0; time < 2; time++) {
      expect(await world.ask({ appId: 'a1', appKey: 'bad' })).toMatchObject({ code: 'application_key_invalid' })
      expect(await world.ask({ appId: 'a2' })).toMatchObject({ code: 'application_not_active' })
    }
  })

  it('an application without limits is refreshed too', async () => {
    const world = createWorld({ state: stateOf({}) })
    expect(await admit(world, 1)).toBe(1)
    // A new limit counts recently reported usage twice until the report is settled.
    await world.clock.advance(80_000)
    world.emulator.updateState(stateOf({ limits: [DAY(3)] }))
    await refresh(world)
    expect(await admit(world, 20)).toBe(2)
  })

  it('law 7: a refresh does not forget usage that was reported and is not yet counted', async () => {
    const world = createWorld({ state: stateOf({ limits: [DAY(30)] }), reportDelayMs: 40_000 })
    expect(await admit(world, 20)).toBe(20)
    await world.clock.advance(10_000)
    await refresh(world)
    expect(await admit(world, 100)).toBe(10)
  })

  it('law 7: a refresh does not overwrite what is admitted meanwhile', async () => {
    const world = createWorld({ state: stateOf({ limits: [DAY(30)] }), latencyMs: 50 })
    const first = admit(world, 10)
    await world.clock.advance(10_050)
    expect(await first).toBe(10)
    const during = admit(world, 15)
    await world.clock.advance(50)
    expect([await during, await admit(world, 100)]).toEqual([15, 5])
  })

  it('law 8: usage of another gateway makes no report negative and causes no loss', async () => {
    const world = createWorld({ state: stateOf({ limits: [DAY(100)] }) })
    await admit(world, 1)
    reportElsewhere(world, 49)
    await world.clock.advance(20_000)
    await admit(world, 1)
    await close(world)
    expect(counted(world).day).toBe(51)
    expect(world.calls.map(({ body }) => body ?? '').filter((body) => body.includes('=-'))).toEqual([])
  })

  it('a failed call frees all requests that wait for it', async () => {
    const world = createWorld({ state: stateOf({ applications: [] }) })
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => world.ask({ userKey: 'k1' })))
    expect(outcomes.every((outcome) => (outcome as { code?: string }).code === 'user_key_invalid')).toBe(true)
    expect(await world.ask({ userKey: 'k1' })).toMatchObject({ code: 'user_key_invalid' })
  })
})

describe('reports', () => {
  it('law 8: unlimited usage during a report is reported once', async () => {
    const world = createWorld({ state: stateOf({}), latencyMs: 50 })
    const first = admit(world, 6)
    await world.clock.advance(50)
    await first
    const flush = world.reporter.flush()
    await admit(world, 5)
    await world.clock.advance(200)
    await flush
    await close(world)
    expect(counted(world).day).toBe(11)
  })

  it('1,500 applications are reported in one interval, not 100', async () => {
    const ids = Array.from({ length: 1500 }, (_, index) => `a${index}`)
    const applications = ids.map((id) => ({ id, plan: 'p1', user_keys: [`k${id}`] }))
    const world = createWorld({ state: stateOf({ applications }), maxCalls: 4000 })
    await Promise.all(ids.map((id) => world.ask({ userKey: `k${id}` })))
    await world.clock.advance(10_000)
    const usage = world.emulator.usage()[SERVICE]!
    expect(ids.filter((id) => usage[id]!.hits!.day !== 1)).toEqual([])
    // There is not one call for each either.
    expect(world.count('transactions')).toBe(2)
  })

  it('law 8: a failed report is not lost and does not end the process', async () => {
    const world = createWorld({ state: stateOf({}) })
    await admit(world, 10)
    world.fault = () => {
      throw new TransportError('refused', { sent: false })
    }
    await world.clock.advance(15_000)
    expect(world.ledger.sums().hits).toMatchObject({ acknowledged: 0, pending: 10 })
    world.fault = undefined
    await close(world)
    expect(counted(world).day).toBe(10)
  })

  it('law 8: usage of an unknown application is not reported as accepted', async () => {
    const world = createWorld({ state: stateOf({}), policy: { onUnavailable: 'allow' } })
    world.fault = () => {
      throw new TransportError('refused', { sent: false })
    }
    expect(allowed(await world.ask({ userKey: 'nobody' }))).toBe(true)
    world.fault = undefined
    await world.clock.advance(20_000)
    expect(world.losses).toMatchObject([{ kind: 'given-up', reason: 'unproven', usage: { hits: 1 } }])
    expect(world.ledger.sums().hits).toMatchObject({ admitted: 1, acknowledged: 0, givenUp: 1 })
  })

  it('transactions after the first count for parent metrics too', async () => {
    const metrics = [{ name: 'hits' }, { name: 'child', parent: 'hits' }]
    const applications = ['a1', 'a2', 'a3'].map((id) => ({ id, plan: 'p1', user_keys: [`k${id}`] }))
    const world = createWorld({ state: stateOf({ metrics, limits: [DAY(9)], applications }) })
    for (const { id } of applications) await world.ask({ userKey: `k${id}` }, { child: 2 })
    await close(world)
    expect(applications.map(({ id }) => [counted(world, id).day, counted(world, id, 'child').day])).toEqual([
      [2, 2],
      [2, 2],
      [2, 2],
    ])
    expect(world.count('transactions')).toBe(1)
  })

  it('go to the same backend as the other calls, not to 3scale itself', async () => {
    const world = createWorld({ state: stateOf({}), client: { backendUrl: 'http://127.0.0.1/own/backend' } })
    await admit(world, 1)
    await close(world)
    expect(world.calls.map(({ path }) => path.split('?')[0])).toEqual([
      '/own/backend/transactions/authorize.xml',
      '/own/backend/transactions.xml',
    ])
  })

  it('law 11: closing waits for the last report', async () => {
    const world = createWorld({ state: stateOf({}), latencyMs: 50 })
    const asked = admit(world, 7)
    await world.clock.advance(50)
    await asked
    let closed = false
    const closing = world.reporter.close().then(() => {
      closed = true
    })
    await world.clock.advance(49)
    expect([closed, counted(world).day]).toEqual([false, 0])
    await world.clock.advance(1)
    await closing
    expect(counted(world).day).toBe(7)
  })
})

describe('bounds and outages', () => {
  it('law 10: at most maxApplications are kept', async () => {
    const applications = Array.from({ length: 20 }, (_, index) => ({
      id: `a${index}`,
      plan: 'p1',
      user_keys: [`k${index}`],
    }))
    const world = createWorld({ state: stateOf({ applications }), cache: { maxApplications: 4 } })
    for (let index = 0; index < 20; index++) await world.ask({ userKey: `k${index}` }, { hits: 0 })
    expect(world.kept).toBe(4)
  })

  it.each(['refused', 'busy'] as const)('the policy decides if a call is %s, as after a time-out', async (how) => {
    const world = createWorld({ state: stateOf({}), policy: { onUnavailable: 'allow' } })
    world.fault = () => {
      if (how === 'refused') throw new TransportError('refused', { sent: false })
      return { status: 503, headers: {}, body: Buffer.alloc(0) }
    }
    expect(await world.ask({ userKey: 'k1' })).toMatchObject({ outcome: 'allow', source: 'policy' })
  })
})
