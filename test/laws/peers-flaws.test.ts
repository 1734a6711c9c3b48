/** The flaws that were found in other caches of 3scale, each one not ours. */
import { describe, expect, it } from 'vitest'
import { allowed, createWorld, imbalance, stateOf, type World } from './world.ts'

const KEYED = (keys: string[]) => [{ id: 'a1', plan: 'p1', application_keys: keys }]

async function close(world: World): Promise<void> {
  const closing = world.reporter.close()
  await world.clock.advance(60_000)
  await closing
  expect(imbalance(world.ledger)).toEqual({})
}
const counted = (world: World, metric = 'hits') => world.emulator.usage().s1!.a1![metric]!

describe('the identity', () => {
  it('law 6: a good key does not vouch for a bad one, nor for none', async () => {
    const world = createWorld({ state: stateOf({ version: '2', applications: KEYED(['good']) }) })
    expect(allowed(await world.ask({ appId: 'a1', appKey: 'good' }))).toBe(true)
    expect(await world.ask({ appId: 'a1', appKey: 'bad' })).toMatchObject({ code: 'application_key_invalid' })
    expect(await world.ask({ appId: 'a1' })).toMatchObject({ code: 'application_key_invalid' })
  })

  it('law 6: a user key and an application id of the same text are two callers', async () => {
    const world = createWorld({ state: stateOf({ applications: [{ id: 'k1', plan: 'p1', user_keys: ['other'] }] }) })
    expect(allowed(await world.ask({ userKey: 'other' }))).toBe(true)
    expect(allowed(await world.ask({ userKey: 'k1' }))).toBe(false)
  })

  it('law 6: no text of id and key runs into another (a:b with c is not a with b:c)', async () => {
    const applications = [{ id: 'a:b', plan: 'p1', application_keys: ['c'] }]
    const world = createWorld({ state: stateOf({ version: '2', applications }) })
    expect(allowed(await world.ask({ appId: 'a:b', appKey: 'c' }))).toBe(true)
    expect(allowed(await world.ask({ appId: 'a', appKey: 'b:c' }))).toBe(false)
  })

  it('ids and keys with underscores, blanks, colons and UTF-8 are reported to whom they belong', async () => {
    for (const id of ['a_b', 'a b', 'a:b', 'a&b=c', 'ä€']) {
      const world = createWorld({ state: stateOf({ applications: [{ id, plan: 'p1', user_keys: [`key ${id}`] }] }) })
      expect(allowed(await world.ask({ userKey: `key ${id}` }))).toBe(true)
      await close(world)
      expect(world.emulator.usage().s1![id]!.hits!.day).toBe(1)
    }
  })
})

describe('limits', () => {
  it('every period of a metric counts, not only the smallest', async () => {
    const world = createWorld({
      state: stateOf({
        limits: [
          { metric: 'hits', period: 'minute', value: 5 },
          { metric: 'hits', period: 'day', value: 12 },
        ],
      }),
    })
    const perMinute: number[] = []
    for (let minute = 0; minute < 4; minute++) {
      let admitted = 0
      for (let call = 0; call < 10; call++) if (allowed(await world.ask({ userKey: 'k1' }))) admitted += 1
      perMinute.push(admitted)
      await world.clock.advance(60_000)
    }
    expect(perMinute).toEqual([5, 5, 2, 0])
    // The day after begins anew.
    await world.clock.advance(24 * 3_600_000)
    expect(allowed(await world.ask({ userKey: 'k1' }))).toBe(true)
  })

  it('an eternity limit is seen', async () => {
    const world = createWorld({ state: stateOf({ limits: [{ metric: 'hits', period: 'eternity', value: 2 }] }) })
    const outcomes = []
    for (let call = 0; call < 3; call++) outcomes.push(allowed(await world.ask({ userKey: 'k1' })))
    expect(outcomes).toEqual([true, true, false])
  })

  it('concurrent misses make one call and overwrite nothing', async () => {
    const world = createWorld({
      state: stateOf({ limits: [{ metric: 'hits', period: 'day', value: 50 }] }),
      latencyMs: 20,
    })
    const asked = Array.from({ length: 200 }, () => world.ask({ userKey: 'k1' }))
    await world.clock.advance(20)
    expect((await Promise.all(asked)).filter(allowed)).toHaveLength(50)
    expect(world.count('authorize')).toBe(1)
  })

  it('an application over its limit is not let in because its rest would be negative', async () => {
    const world = createWorld({ state: stateOf({ limits: [{ metric: 'hits', period: 'day', value: 5 }] }) })
    world.emulator.handle({
      method: 'POST',
      target: '/transactions.xml',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'service_token=token&service_id=s1&transactions[0][app_id]=a1&transactions[0][usage][hits]=9',
    })
    expect(await world.ask({ userKey: 'k1' })).toMatchObject({ code: 'limits_exceeded' })
  })
})

describe('what the backend says later', () => {
  it.each<[string, (one: object) => object]>([
    ['suspended', (one: object) => ({ ...one, state: 'suspended' })],
    ['without the key', (one: object) => ({ ...one, user_keys: [] })],
  ])('an application that is %s is denied after a refresh, not unlimited', async (_what, changed) => {
    const state = stateOf({ limits: [{ metric: 'hits', period: 'day', value: 1000 }] })
    const world = createWorld({ state, cache: { ttlMs: 10_000 } })
    expect(allowed(await world.ask({ userKey: 'k1' }))).toBe(true)
    const next = structuredClone(state)
    next.services[0]!.applications = next.services[0]!.applications!.map(changed) as never
    world.emulator.updateState(next)
    await world.clock.advance(10_000)
    await world.ask({ userKey: 'k1' })
    await world.clock.advance(1000)
    expect(allowed(await world.ask({ userKey: 'k1' }))).toBe(false)
  })

  it('usage that another gateway reports leads to no negative report and no wrong denial', async () => {
    const world = createWorld({ state: stateOf({ limits: [{ metric: 'hits', period: 'day', value: 100 }] }) })
    expect(allowed(await world.ask({ userKey: 'k1' }))).toBe(true)
    world.emulator.handle({
      method: 'POST',
      target: '/transactions.xml',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'service_token=token&service_id=s1&transactions[0][app_id]=a1&transactions[0][usage][hits]=49',
    })
    await world.clock.advance(20_000)
    expect(allowed(await world.ask({ userKey: 'k1' }))).toBe(true)
    await close(world)
    expect(counted(world).day).toBe(51)
    for (const { body } of world.calls) expect(body ?? '').not.toContain('=-')
  })
})

describe('reports', () => {
  it('hits during a flush are reported once', async () => {
    const world = createWorld({ state: stateOf({}), latencyMs: 50 })
    const first = world.ask({ userKey: 'k1' })
    await world.clock.advance(50)
    await first
    for (let call = 0; call < 5; call++) await world.ask({ userKey: 'k1' })
    const flush = world.reporter.flush()
    for (let call = 0; call < 5; call++) await world.ask({ userKey: 'k1' })
    await world.clock.advance(200)
    await flush
    await close(world)
    expect(counted(world).day).toBe(11)
  })

  it.each([403, 500, 503, 429])('a report answered %i loses nothing that it may not', async (status) => {
    const world = createWorld({
      state: stateOf({ limits: [{ metric: 'hits', period: 'day', value: 100 }] }),
      breaker: false,
    })
    for (let call = 0; call < 10; call++) await world.ask({ userKey: 'k1' })
    const error = '<?xml version="1.0" encoding="UTF-8"?><error code="service_token_invalid">x</error>'
    world.fault = (request, pass) =>
      request.method === 'POST'
        ? { status, headers: { 'content-type': 'application/vnd.3scale-v2.0+xml' }, body: Buffer.from(error) }
        : pass()
    await world.clock.advance(15_000)
    world.fault = undefined
    // Long enough for the slowest retry and for doubts to be resolved by what the backend counts.
    for (let minute = 0; minute < 10; minute++) {
      await world.ask({ userKey: 'k1' }, { hits: 0 })
      await world.clock.advance(60_000)
    }
    await close(world)
    expect(counted(world).day).toBe(10)
  })

  it('more than a hundred applications are all reported in one flush', async () => {
    const applications = Array.from({ length: 250 }, (_, index) => ({
      id: `a${index}`,
      plan: 'p1',
      user_keys: [`k${index}`],
    }))
    const world = createWorld({ state: stateOf({ applications }) })
    for (let index = 0; index < 250; index++) await world.ask({ userKey: `k${index}` })
    await world.reporter.flush()
    const usage = world.emulator.usage().s1!
    expect(applications.every(({ id }) => usage[id]!.hits!.day === 1)).toBe(true)
  })

  it('a hit late in a window is counted in its own', async () => {
    const world = createWorld({ state: stateOf({}), now: '2026-03-10T23:59:58Z' })
    await world.ask({ userKey: 'k1' })
    await world.clock.advance(30_000)
    await close(world)
    expect([counted(world).day, counted(world).eternity]).toEqual([0, 1])
  })

  it('a closed gateway has said all it owes', async () => {
    const world = createWorld({ state: stateOf({}) })
    for (let call = 0; call < 7; call++) await world.ask({ userKey: 'k1' })
    const closing = world.reporter.close()
    await world.clock.advance(1000)
    expect(await closing).toEqual({ undelivered: {} })
    expect(counted(world).day).toBe(7)
  })
})

it('a child metric under a limited parent neither traps nor escapes', async () => {
  const metrics = [{ name: 'hits' }, { name: 'child', parent: 'hits' }]
  const world = createWorld({ state: stateOf({ metrics, limits: [{ metric: 'hits', period: 'day', value: 3 }] }) })
  const outcomes = []
  for (let call = 0; call < 5; call++) outcomes.push(allowed(await world.ask({ userKey: 'k1' }, { child: 1 })))
  expect(outcomes).toEqual([true, true, true, false, false])
  await close(world)
  expect([counted(world, 'child').day, counted(world).day]).toEqual([3, 3])
})

it('usageAfter overshoots by no more than what is in flight, and the sums hold', async () => {
  const world = createWorld({ state: stateOf({ limits: [{ metric: 'hits', period: 'day', value: 10 }] }) })
  const running = []
  for (let call = 0; call < 8; call++)
    running.push(await world.ask({ userKey: 'k1' }, { hits: 1 }, { counts: 'predicted' }))
  expect(running.filter(allowed)).toHaveLength(8)
  for (const outcome of running) world.settle(outcome, 200, { hits: 2 })
  expect(imbalance(world.ledger)).toEqual({})
  expect(await world.ask({ userKey: 'k1' }, { hits: 1 }, { counts: 'predicted' })).toMatchObject({
    code: 'limits_exceeded',
  })
  await close(world)
  expect(counted(world).day).toBe(16)
})
