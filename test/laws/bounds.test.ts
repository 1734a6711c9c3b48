/** Law 10 and law 6: what is remembered, for which caller, and how much of it. */
import { describe, expect, it } from 'vitest'
import { goWrong } from '../model/faults.ts'
import { imbalance } from '../support/imbalance.ts'
import { settled } from '../support/manual-clock.ts'
import { allowed, createWorld, type Fault, stateOf } from '../support/world.ts'

const FLOOD = Number(process.env.FLOOD_KEYS ?? 20_000)
const FLOOD_TIMEOUT_MS = 20_000 + FLOOD / 2

const GOOD = Array.from({ length: 10 }, (_, index) => ({ id: `a${index}`, plan: 'p1', user_keys: [`good-${index}`] }))

/** Answers once `release` is called. */
function hold(): { fault: Fault; release(): void; running(): number; most(): number } {
  let waiting: (() => void)[] = []
  let running = 0
  let most = 0
  return {
    fault: async (_request, pass) => {
      running++
      most = Math.max(most, running)
      await new Promise<void>((resolve) => waiting.push(resolve))
      running--
      return pass()
    },
    release() {
      const all = waiting
      waiting = []
      for (const go of all) go()
    },
    running: () => running,
    most: () => most,
  }
}

describe('a flood of made-up keys', () => {
  it(
    `law 10: of ${FLOOD} leaves the good keys in memory, and costs one call per key`,
    async () => {
      const world = createWorld({
        state: stateOf({ applications: GOOD, limits: [{ metric: 'hits', period: 'day', value: 1e9 }] }),
        cache: { maxDenials: 1000, maxApplications: 100, staleMs: 1e9, ttlMs: 1e9 },
        breaker: false,
      })
      for (const { user_keys } of GOOD) await world.ask({ userKey: user_keys[0]! })
      const before = world.count('authorize')
      let hits = 0
      let calls = 0
      for (let index = 0; index < FLOOD; index += 50) {
        const unverified = Array.from({ length: 50 }, (_, part) => world.ask({ userKey: `made-up-${index + part}` }))
        const [{ user_keys }] = [GOOD[index % GOOD.length]!]
        const good = world.ask({ userKey: user_keys[0]! })
        if (!(good instanceof Promise) && good.outcome === 'allow' && good.source === 'cache') hits++
        await Promise.all(unverified)
        calls += world.count('authorize')
        world.calls.length = 0
      }
      expect(hits).toBe(Math.ceil(FLOOD / 50))
      expect(calls).toBe(FLOOD + before)
      expect(world.kept).toBe(GOOD.length)
      expect(before).toBe(GOOD.length)
    },
    FLOOD_TIMEOUT_MS,
  )

  it('law 10: gets at most half of the calls, the rest is overloaded, and known callers still get theirs', async () => {
    const world = createWorld({ state: stateOf({ applications: GOOD }), maxCalls: 8, cache: { staleMs: 20_000 } })
    await world.ask({ userKey: 'good-1' })
    await world.clock.advance(30_000)
    const held = hold()
    world.fault = held.fault
    const unverified = Array.from({ length: 100 }, (_, index) => world.ask({ userKey: `made-up-${index}` }))
    const known = world.ask({ userKey: 'good-1' })
    await settled()
    expect(held.running()).toBe(5)
    held.release()
    expect(allowed(await known)).toBe(true)
    const codes = (await Promise.all(unverified)).map((outcome) => (outcome as { code?: string }).code)
    expect(codes.filter((code) => code === 'user_key_invalid')).toHaveLength(4)
    expect(codes.filter((code) => code === 'overloaded')).toHaveLength(96)
  })

  it('law 10: of one key makes one call, and is then answered from the remembered denials', async () => {
    const world = createWorld({ state: stateOf({}) })
    const outcomes = await Promise.all(Array.from({ length: 5000 }, () => world.ask({ userKey: 'wrong' })))
    expect(outcomes.filter(allowed)).toHaveLength(0)
    for (let index = 0; index < 1000; index++)
      expect(world.ask({ userKey: 'wrong' })).toMatchObject({ outcome: 'refuse' })
    expect(world.calls).toHaveLength(1)
    await world.clock.advance(5000)
    await world.ask({ userKey: 'wrong' })
    expect(world.calls).toHaveLength(2)
  })

  it('law 10: waits for one answer only up to maxWaiters', async () => {
    const world = createWorld({ state: stateOf({}), cache: { maxWaiters: 10 } })
    const outcomes = await Promise.all(Array.from({ length: 25 }, () => world.ask({ userKey: 'k1' })))
    expect(outcomes.filter(allowed)).toHaveLength(10)
    expect(outcomes.at(-1)).toMatchObject({ code: 'overloaded' })
  })
})

describe('a ledger that is full', () => {
  const state = stateOf({ applications: GOOD, limits: [{ metric: 'hits', period: 'day', value: 2 }] })

  it('law 10: evicts settled applications, never those with usage under way', async () => {
    const world = createWorld({ state, cache: { maxApplications: 2 } })
    await world.ask({ userKey: 'good-0' })
    await world.ask({ userKey: 'good-1' })
    expect(await world.ask({ userKey: 'good-2' })).toMatchObject({ outcome: 'allow', source: 'backend' })
    expect(world.count('authrep')).toBe(1)
    expect(world.kept).toBe(2)
    // Reported and settled: another application can be evicted again.
    await world.clock.advance(80_000)
    await world.ask({ userKey: 'good-3' })
    expect(world.count('authrep')).toBe(1)
    expect(world.kept).toBe(2)
  })

  it('law 7: continues the count of an application that was evicted and came back', async () => {
    const world = createWorld({ state, cache: { maxApplications: 1 } })
    expect(allowed(await world.ask({ userKey: 'good-0' }))).toBe(true)
    await world.clock.advance(80_000)
    await world.ask({ userKey: 'good-1' }, { hits: 0 })
    await world.clock.advance(80_000)
    expect(allowed(await world.ask({ userKey: 'good-0' }))).toBe(true)
    expect(allowed(await world.ask({ userKey: 'good-0' }))).toBe(false)
  })

  it('law 8: loses no usage of applications that it has no room for', async () => {
    const world = createWorld({ state, cache: { maxApplications: 1 } })
    await world.ask({ userKey: 'good-0' })
    const outcome = await world.ask({ userKey: 'good-1' }, { hits: 1 }, { counts: 'predicted' })
    world.settle(outcome, 200, { hits: 5 })
    const coded = await world.ask(
      { userKey: 'good-2' },
      { hits: 1 },
      { counts: 'with-response-code', responseCodes: true },
    )
    world.settle(coded, 201)
    await world.clock.advance(10_000)
    const usage = world.emulator.usage().s1!
    expect([usage.a0!.hits!.day, usage.a1!.hits!.day, usage.a2!.hits!.day]).toEqual([1, 5, 1])
    expect(imbalance(world.ledger)).toEqual({})
  })

  it('law 8: announces the usage of a deleted application that it has no room for', async () => {
    const byId = (applications: number) =>
      stateOf({ version: '2', applications: ['a0', 'a1'].slice(0, applications).map((id) => ({ id, plan: 'p1' })) })
    const world = createWorld({
      state: byId(2),
      cache: { maxApplications: 1, ttlMs: 5000 },
      report: { intervalMs: 30_000 },
    })
    await world.ask({ appId: 'a0' })
    const outcome = await world.ask({ appId: 'a1' }, { hits: 1 }, { counts: 'predicted' })
    world.settle(outcome, 200, { hits: 5 })
    world.emulator.updateState(byId(1))
    await world.clock.advance(60_000)
    expect(world.losses).toMatchObject([{ reason: 'application_gone', applicationId: 'a1', usage: { hits: 5 } }])
    expect([world.emulator.usage().s1!.a0!.hits!.day, imbalance(world.ledger)]).toEqual([1, {}])
  })

  it('law 8: announces it too if a report of it failed before', async () => {
    const byId = (applications: number) =>
      stateOf({ version: '2', applications: ['a0', 'a1'].slice(0, applications).map((id) => ({ id, plan: 'p1' })) })
    const world = createWorld({
      state: byId(2),
      cache: { maxApplications: 1, ttlMs: 5000 },
      report: { intervalMs: 5000 },
    })
    await world.ask({ appId: 'a0' })
    const outcome = await world.ask({ appId: 'a1' }, { hits: 1 }, { counts: 'predicted' })
    world.settle(outcome, 200, { hits: 5 })
    world.fault = (request, pass) => (request.path.endsWith('/transactions.xml') ? goWrong('busy', pass) : pass())
    await world.clock.advance(5100)
    world.emulator.updateState(byId(1))
    await world.clock.advance(20_000)
    world.fault = undefined
    await world.clock.advance(60_000)
    expect(world.losses).toMatchObject([{ reason: 'application_gone', applicationId: 'a1', usage: { hits: 5 } }])
  })

  it('law 7: never drops usage that may have been counted while its window lasts', async () => {
    const eternal = stateOf({ applications: GOOD, limits: [{ metric: 'hits', period: 'eternity', value: 10 }] })
    const world = createWorld({ state: eternal, cache: { maxApplications: 1 } })
    let admitted = 0
    const use = async () => {
      for (let request = 0; request < 15; request++) if (allowed(await world.ask({ userKey: 'good-0' }))) admitted++
    }
    await use()
    // Its report and all calls about it get no answer, so that it is given up.
    world.fault = (_request, pass) => goWrong('stalled', pass)
    await world.clock.advance(600_000)
    world.fault = undefined
    await world.ask({ userKey: 'good-1' }, { hits: 0 })
    await use()
    expect([admitted, world.ledger.sums().hits!.givenUp]).toEqual([10, 10])
  })

  it('law 10: usage that waits in an outage grows neither with requests nor for long with minutes', async () => {
    const world = createWorld({ state: stateOf({}), crowdedAt: 100, policy: { onUnavailable: 'last-known' } })
    await world.ask({ userKey: 'k1' }, { hits: 1 })
    world.fault = (_request, pass) => goWrong('unsent', pass)
    const codes = { counts: 'with-response-code', responseCodes: true } as const
    for (let request = 0; request < 1000; request++) {
      world.settle(await world.ask({ userKey: 'k1' }, { hits: 1 }, codes), 200)
    }
    expect(world.ledger.records).toBeLessThanOrEqual(101)
    for (let minute = 0; minute < 180; minute++) {
      await world.ask({ userKey: 'k1' })
      await world.clock.advance(60_000)
    }
    expect(world.ledger.records).toBeLessThanOrEqual(101 + 4 + 6)
    world.fault = undefined
    await world.clock.advance(120_000)
    expect([world.emulator.usage().s1!.a1!.hits!.eternity, imbalance(world.ledger)]).toEqual([1181, {}])
  })
})

describe('identities', () => {
  const keyed = (keys: string[]) =>
    stateOf({ version: '2', applications: [{ id: 'a1', plan: 'p1', application_keys: keys }] })

  it('law 6: a good key never vouches for a bad one', async () => {
    const world = createWorld({ state: keyed(['good']) })
    expect(allowed(await world.ask({ appId: 'a1', appKey: 'good' }))).toBe(true)
    expect(await world.ask({ appId: 'a1', appKey: 'bad' })).toMatchObject({ code: 'application_key_invalid' })
    expect(await world.ask({ appId: 'a1' })).toMatchObject({ code: 'application_key_invalid' })
    expect(allowed(await world.ask({ appId: 'a1', appKey: 'good' }))).toBe(true)
  })

  it('law 6: a referrer that passes does not vouch for another one', async () => {
    const state = stateOf({
      applications: [{ id: 'a1', plan: 'p1', user_keys: ['k1'], referrer_filters: ['good.example'] }],
    })
    state.services[0]!.referrer_filters_required = true
    const world = createWorld({ state })
    const ask = async (referrer?: string) => await world.ask({ userKey: 'k1' }, { hits: 1 }, {}, referrer)
    expect(allowed(await ask('good.example'))).toBe(true)
    expect(await ask('bad.example')).toMatchObject({ code: 'referrer_not_allowed' })
    expect(await ask()).toMatchObject({ code: 'referrer_not_allowed' })
  })

  it('law 6: a user key is not an application id of the same text', async () => {
    const world = createWorld({ state: stateOf({ applications: [{ id: 'k1', plan: 'p1', user_keys: ['k1'] }] }) })
    expect(allowed(await world.ask({ userKey: 'k1' }))).toBe(true)
    expect(await world.ask({ appId: 'k1' })).toMatchObject({ outcome: 'refuse' })
  })

  it('law 6: texts that would be equal when joined are kept apart', async () => {
    const state = stateOf({ version: '2', applications: [{ id: 'a', plan: 'p1', application_keys: ['b-c'] }] })
    const world = createWorld({ state })
    expect(allowed(await world.ask({ appId: 'a', appKey: 'b-c' }))).toBe(true)
    expect(allowed(await world.ask({ appId: 'a-b', appKey: 'c' }))).toBe(false)
    expect(allowed(await world.ask({ appId: 'a', appKey: 'b' }, { hits: 1 }, {}, 'c'))).toBe(false)
  })

  it('one refresh proves all keys that the backend lists, and revokes one that it does not list any more', async () => {
    const keys = Array.from({ length: 10 }, (_, index) => `key-${index}`)
    const world = createWorld({ state: keyed(keys) })
    for (const appKey of keys) expect(allowed(await world.ask({ appId: 'a1', appKey }))).toBe(true)
    expect(world.count('authorize')).toBe(10)
    world.emulator.updateState(keyed(keys.slice(1)))
    await world.clock.advance(10_001)
    for (const appKey of keys) await world.ask({ appId: 'a1', appKey })
    await settled()
    // One call with a listed key proved all, or the call with the removed key was refused and the next key was tried.
    expect(world.count('authorize')).toBeLessThanOrEqual(13)
    expect(await world.ask({ appId: 'a1', appKey: 'key-0' })).toMatchObject({ code: 'application_key_invalid' })
    expect(allowed(await world.ask({ appId: 'a1', appKey: 'key-9' }))).toBe(true)
  })

  it('a suspended application is refused by the next refresh, and comes back after denialTtlMs', async () => {
    // No report comes before the refresh, because it would ask too.
    const world = createWorld({ state: stateOf({}), report: { intervalMs: 30_000 } })
    const suspended = stateOf({ applications: [{ id: 'a1', plan: 'p1', user_keys: ['k1'], state: 'suspended' }] })
    await world.ask({ userKey: 'k1' })
    world.emulator.updateState(suspended)
    await world.clock.advance(10_001)
    await world.ask({ userKey: 'k1' })
    await settled()
    expect(await world.ask({ userKey: 'k1' })).toMatchObject({ code: 'application_not_active' })
    world.emulator.updateState(stateOf({}))
    await world.clock.advance(5001)
    expect(allowed(await world.ask({ userKey: 'k1' }))).toBe(true)
    await world.clock.advance(20_000)
    expect(world.emulator.usage().s1!.a1!.hits!.day).toBe(3)
  })
})
