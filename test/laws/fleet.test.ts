/** Gateways that share a store, and the laws that hold for all of them together. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type CacheMessage, CHANNELS, type Denied, type Gateway } from '@threescale/core'
import { describe, expect, it } from 'vitest'
import type { TransportResponse } from '../../packages/core/src/client/transport/transport.ts'
import { callOf, createFleet, type Fleet, isAllowed } from '../support/fleet.ts'
import { stateOf } from '../support/world.ts'

const LIMIT = 20
const STATE = stateOf({ limits: [{ metric: 'hits', period: 'day', value: LIMIT }] })

const unavailable = (): TransportResponse => ({ status: 503, headers: {}, body: Buffer.alloc(0) })

async function askAll(fleet: Fleet, each: number, key = 'k1'): Promise<number> {
  const decisions = await Promise.all(
    fleet.gateways.flatMap((gateway) => Array.from({ length: each }, async () => gateway.evaluate(callOf(key)))),
  )
  return decisions.filter(isAllowed).length
}

describe('law 15: gateways that share a store', () => {
  it('law 7: admit as much as the limit together, however many ask at once', async () => {
    const fleet = createFleet({ state: STATE, processes: 4 })
    expect(await askAll(fleet, 10)).toBe(LIMIT)
    expect(await askAll(fleet, 3)).toBe(0)
    expect(fleet.count('authorize')).toBe(1)
  })

  it('law 7: begin anew in each window, together', async () => {
    const state = stateOf({ limits: [{ metric: 'hits', period: 'minute', value: LIMIT }] })
    const fleet = createFleet({ state, processes: 3 })
    for (let minute = 0; minute < 3; minute++) {
      expect(await askAll(fleet, 10)).toBe(LIMIT)
      await fleet.clock.advance(60_000)
    }
  })

  it('ask 3scale once about a caller and once per ttl about its application', async () => {
    const fleet = createFleet({ state: STATE, processes: 5 })
    for (let second = 0; second < 60; second++) {
      await askAll(fleet, 1)
      await fleet.clock.advance(1000)
    }
    expect(fleet.count('authorize')).toBeLessThanOrEqual(7)
    expect(fleet.count('authorize')).toBeGreaterThanOrEqual(5)
    expect(fleet.count('authrep')).toBe(0)
  })

  it('decide in a process that never asked 3scale by what the store knows', async () => {
    const metrics = [{ name: 'hits' }, { name: 'search', parent: 'hits' }, { name: 'other' }]
    const limits = [
      { metric: 'hits', period: 'day', value: LIMIT },
      { metric: 'search', period: 'day', value: 5 },
    ]
    const options = {
      mappingRules: [
        { method: 'GET', pattern: '/search', metric: 'search' },
        { method: 'GET', pattern: '/other', metric: 'other' },
      ],
    }
    const fleet = createFleet({ state: stateOf({ limits, metrics }), processes: 1, options })
    const ask = (gateway: Gateway, path: string) =>
      gateway.evaluate({ method: 'GET', url: `/${path}?user_key=k1`, header: () => undefined })
    for (const path of ['search', 'other'])
      expect(await ask(fleet.gateways[0]!, path)).toMatchObject({ outcome: 'allow' })
    const joined = fleet.join()
    for (let i = 0; i < 4; i++) expect(await ask(joined, 'search')).toMatchObject({ outcome: 'allow' })
    expect(await ask(joined, 'search')).toMatchObject({ outcome: 'deny', status: 429 })
    expect(await ask(joined, 'other')).toMatchObject({ outcome: 'allow' })
    expect(fleet.count('authorize', 1)).toBe(0)
  })

  it('remember a denial for each other', async () => {
    const fleet = createFleet({ state: STATE, processes: 3 })
    expect(await askAll(fleet, 2, 'wrong')).toBe(0)
    expect(fleet.count('authorize')).toBe(1)
    const denied = (await fleet.join().evaluate(callOf('wrong'))) as Denied
    expect(denied).toMatchObject({ status: 403, code: 'user_key_invalid' })
    expect(denied.reason).not.toContain('wrong')
    expect(fleet.count('authorize')).toBe(1)
  })

  it('go by limits that one of them saw changed, from the next answer on', async () => {
    const fleet = createFleet({ state: STATE, processes: 2 })
    expect(await askAll(fleet, 2)).toBe(4)
    fleet.emulator.updateState(stateOf({ limits: [{ metric: 'hits', period: 'day', value: 2 }] }))
    await fleet.clock.advance(11_000)
    await askAll(fleet, 1)
    await fleet.clock.advance(1)
    expect(await askAll(fleet, 2)).toBe(0)
    expect(fleet.count('authorize')).toBe(2)
  })

  it('go on with the windows of an application while 3scale does not answer, as long as it may be stale', async () => {
    const fleet = createFleet({ state: STATE, processes: 2 })
    expect(await askAll(fleet, 1)).toBe(2)
    fleet.fault = unavailable
    await fleet.clock.advance(30_000)
    expect(await askAll(fleet, 1)).toBe(2)
    // A process that never met the caller goes by what the others know.
    expect(await fleet.join().evaluate(callOf('k1'))).toMatchObject({ outcome: 'allow' })
    await fleet.clock.advance(31_000)
    const asked = askAll(fleet, 1)
    await fleet.clock.advance(5000)
    expect(await asked).toBe(0)
  })
})

describe('what one of them has found out', () => {
  const deep = stateOf({
    metrics: [{ name: 'hits' }, { name: 'middle', parent: 'hits' }, { name: 'deep', parent: 'middle' }],
    limits: [{ metric: 'hits', period: 'day', value: LIMIT }],
    applications: [
      { id: 'a1', plan: 'p1', user_keys: ['k1'] },
      { id: 'a2', plan: 'p1', user_keys: ['k2'] },
    ],
  })
  const options = { usage: { deep: 2 } }

  it('about a hidden ancestor holds for all, and no other asks about it', async () => {
    const fleet = createFleet({ state: deep, processes: 1, options })
    expect(await askAll(fleet, 2)).toBe(2)
    const asked = fleet.count('authorize')
    expect(asked).toBeGreaterThan(1)
    const joined = fleet.join()
    for (let i = 0; i < 8; i++) expect(await joined.evaluate(callOf('k1'))).toMatchObject({ outcome: 'allow' })
    expect(await joined.evaluate(callOf('k1'))).toMatchObject({ outcome: 'deny', status: 429 })
    expect(fleet.count('authorize')).toBe(asked)
    // Another application is asked about once, as ever, but not the tree.
    expect(await joined.evaluate(callOf('k2'))).toMatchObject({ outcome: 'allow' })
    expect(fleet.count('authorize', 1)).toBe(1)
    expect(fleet.count('authrep')).toBe(0)
  })

  it('is in the layout of an answer that another process applies, so that no usage is missing in its sums', async () => {
    const fleet = createFleet({ state: deep, processes: 1, options })
    expect(await askAll(fleet, 4)).toBe(4)
    const joined = fleet.join({ usage: { hits: 0 } })
    for (let second = 0; second < 30; second++) {
      expect(await joined.evaluate(callOf('k1'))).toMatchObject({ outcome: 'allow' })
      await fleet.clock.advance(1000)
    }
    expect(fleet.count('authorize', 1)).toBeGreaterThan(0)
    expect(await askAll(fleet, LIMIT)).toBeGreaterThan(0)
    expect(fleet.shared.unreported()).toEqual({ deep: LIMIT })
  })

  it('about keys that were removed is noticed by all within the ttl', async () => {
    const application = (keys: string[]) => ({
      version: '2' as const,
      limits: [{ metric: 'hits', period: 'day', value: 1000 }],
      applications: [{ id: 'a1', plan: 'p1', application_keys: keys }],
    })
    const fleet = createFleet({
      state: stateOf(application(['one', 'two'])),
      processes: 2,
      options: { credentials: { kind: 'appId' } },
    })
    const ask = async (key: string) => {
      const view = { method: 'GET', url: `/?app_id=a1&app_key=${key}`, header: () => undefined }
      return (await Promise.all(fleet.gateways.map((gateway) => gateway.evaluate(view)))).filter(isAllowed).length
    }
    expect(await ask('one')).toBe(2)
    expect(await ask('two')).toBe(2)
    fleet.emulator.updateState(stateOf(application(['one'])))
    for (let second = 0; second < 15; second++) {
      await ask('one')
      await ask('two')
      await fleet.clock.advance(1000)
    }
    expect(await ask('one')).toBe(2)
    expect(await ask('two')).toBe(0)
    // Two for the callers at the start, one a ttl for the application, one for the key that is gone.
    expect(fleet.count('authorize')).toBeLessThanOrEqual(5)
  })

  it('about the keys of an application proves all of them, in all processes', async () => {
    const fleet = createFleet({
      state: stateOf({ version: '2', applications: [{ id: 'a1', plan: 'p1', application_keys: ['one', 'two'] }] }),
      processes: 2,
      options: { credentials: { kind: 'appId' } },
    })
    const ask = (gateway: Gateway, key: string) =>
      gateway.evaluate({ method: 'GET', url: `/?app_id=a1&app_key=${key}`, header: () => undefined })
    for (let second = 0; second < 61; second++) {
      for (const [i, key] of ['one', 'two'].entries()) {
        expect(await ask(fleet.gateways[i]!, key)).toMatchObject({ outcome: 'allow' })
      }
      await fleet.clock.advance(1000)
    }
    // Two for the callers at the start, then one a ttl.
    expect(fleet.count('authorize')).toBeLessThanOrEqual(8)
  })

  it('about a suspended application is noticed by all within the ttl', async () => {
    const fleet = createFleet({ state: STATE, processes: 3 })
    expect(await askAll(fleet, 1)).toBe(3)
    const state = stateOf({ applications: [{ id: 'a1', plan: 'p1', user_keys: ['k1'], state: 'suspended' }] })
    fleet.emulator.updateState(state)
    for (let second = 0; second < 14; second++) {
      await askAll(fleet, 1)
      await fleet.clock.advance(1000)
    }
    expect(await askAll(fleet, 1)).toBe(0)
    expect(await fleet.gateways[2]!.evaluate(callOf('k1'))).toMatchObject({ code: 'application_not_active' })
  })
})

it('law 11: a store is opened with its gateway, and nothing happens before the first request', async () => {
  const fleet = createFleet({ state: STATE, processes: 1 })
  await fleet.clock.advance(60_000)
  expect([fleet.store.asks, fleet.calls.length, fleet.clock.timers]).toEqual([0, 0, 0])
  expect(fleet.gateways[0]!.stats().store).toMatchObject({ owed: 0, commands: 0 })
})

it('law 10: makes room by an application that no request used lately', async () => {
  const applications = Array.from({ length: 4 }, (_, i) => ({ id: `a${i}`, plan: 'p1', user_keys: [`k${i}`] }))
  const fleet = createFleet({
    state: stateOf({ applications }),
    processes: 1,
    options: { cache: { maxApplications: 3 } },
  })
  const evicted: unknown[] = []
  const note = (message: unknown) => {
    const { event, caller } = message as CacheMessage
    if (event === 'evicted') evicted.push(caller)
  }
  subscribe(CHANNELS.cache, note)
  // The third makes room by looking at all: from then on only those that are used count as used.
  for (const key of ['k0', 'k1', 'k2', 'k3']) expect(await askAll(fleet, 1, key)).toBe(1)
  expect(evicted.length).toBe(1)
  // k1 waits first in line, but is used again.
  for (const key of ['k1', 'k0']) expect(await askAll(fleet, 1, key)).toBe(1)
  expect(evicted.length).toBe(2)
  expect(await askAll(fleet, 1, 'k1')).toBe(1)
  expect(evicted.length).toBe(2)
  unsubscribe(CHANNELS.cache, note)
})

describe('law 8: usage of gateways that share a store', () => {
  it('is shared, and all that a gateway admitted is somewhere', async () => {
    const fleet = createFleet({ state: STATE, processes: 2 })
    await askAll(fleet, 3)
    expect(fleet.shared.unreported()).toEqual({ hits: 6 })
    for (const gateway of fleet.gateways) {
      expect(gateway.stats().usage.hits).toMatchObject({ admitted: 3, shared: 3, pending: 0, inFlight: 0 })
    }
  })

  it('is pending while the store does not answer, and is reported by its own process if it never does again', async () => {
    const state = stateOf({})
    const fleet = createFleet({ state, processes: 1 })
    const [gateway] = fleet.gateways
    await askAll(fleet, 1)
    fleet.store.down = true
    expect(await askAll(fleet, 2)).toBe(2)
    expect(gateway!.stats().usage.hits).toMatchObject({ admitted: 3, shared: 1, pending: 2 })
    const closing = gateway!.close()
    await fleet.clock.advance(5000)
    expect(await closing).toEqual({ undelivered: {} })
    expect(gateway!.stats().usage.hits).toMatchObject({ admitted: 3, shared: 1, pending: 0, acknowledged: 2 })
    expect(fleet.emulator.usage().s1!.a1!.hits!.day).toBe(2)
  })

  it('that is known only after the response counts at once, with its status', async () => {
    const fleet = createFleet({
      state: STATE,
      processes: 1,
      options: { responseCodes: true, usageAfter: () => ({ hits: 7 }) },
    })
    const [gateway] = fleet.gateways
    const decision = await gateway!.evaluate(callOf('k1'))
    expect(fleet.shared.unreported()).toEqual({})
    gateway!.settle(decision, { status: 404, finished: true, header: () => undefined })
    expect([...fleet.shared.pending.values()]).toMatchObject([{ metric: 'hits', amount: 7, code: 404 }])
    expect(gateway!.stats().usage.hits).toMatchObject({ admitted: 7, shared: 7 })
  })

  it('that awaits the status of its response is held until the response has one', async () => {
    const fleet = createFleet({ state: STATE, processes: 1, options: { responseCodes: true } })
    const [gateway] = fleet.gateways
    const decision = await gateway!.evaluate(callOf('k1'))
    expect([fleet.shared.pending.size, fleet.shared.held.size]).toEqual([0, 1])
    gateway!.settle(decision, { status: 200, finished: true, header: () => undefined })
    expect([...fleet.shared.pending.values()]).toMatchObject([{ metric: 'hits', amount: 1, code: 200 }])
    expect(fleet.shared.held.size).toBe(0)
  })

  it('that a handler adds counts at once', async () => {
    const fleet = createFleet({ state: STATE, processes: 2 })
    const decision = await fleet.gateways[0]!.evaluate(callOf('k1'))
    if (decision.outcome === 'allow') decision.addUsage({ hits: LIMIT - 2 })
    expect(await askAll(fleet, 1)).toBe(1)
  })

  it('of an unknown caller goes to the store once an answer accepts it', async () => {
    const fleet = createFleet({ state: STATE, processes: 1, options: { onUnavailable: 'allow' } })
    fleet.fault = unavailable
    expect(await askAll(fleet, 3)).toBe(3)
    expect(fleet.shared.unreported()).toEqual({})
    fleet.fault = undefined
    await fleet.clock.advance(2000)
    expect(await askAll(fleet, 1)).toBe(1)
    expect(fleet.shared.unreported()).toEqual({ hits: 4 })
    expect(fleet.gateways[0]!.stats().usage.hits).toMatchObject({ admitted: 4, shared: 4, pending: 0 })
    expect(await askAll(fleet, LIMIT)).toBe(LIMIT - 4)
  })
})

describe('while 3scale does not answer for longer than staleMs', () => {
  it.each([
    ['deny', 0],
    ['last-known', LIMIT - 8],
    ['allow', LIMIT - 8],
  ] as const)('%s admits %i more of known callers, by the counts of all processes', async (onUnavailable, more) => {
    const fleet = createFleet({ state: STATE, processes: 2, options: { onUnavailable, cache: { staleMs: 15_000 } } })
    expect(await askAll(fleet, 4)).toBe(8)
    fleet.fault = unavailable
    await fleet.clock.advance(20_000)
    const asked = askAll(fleet, LIMIT)
    await fleet.clock.advance(5000)
    expect(await asked).toBe(more)
    expect(fleet.shared.unreported()).toEqual({ hits: 8 + more })
  })
})

describe('while the store does not answer', () => {
  async function downAfter(asked: number, options: Parameters<typeof createFleet>[0]['options']) {
    const fleet = createFleet({ state: STATE, processes: 2, options: { rateLimitHeaders: 'all', ...options } })
    if (asked > 0) expect(await askAll(fleet, asked)).toBe(2 * asked)
    fleet.store.down = true
    return fleet
  }

  it.each([0, 3])("'deny' opens for no one, after %i requests each", async (asked) => {
    const fleet = await downAfter(asked, {})
    const decision = await fleet.gateways[0]!.evaluate(callOf('k1'))
    expect(decision).toMatchObject({ outcome: 'deny', status: 503, code: 'backend_unavailable' })
    expect((decision as Denied).headers['retry-after']).toBe('1')
    expect(await askAll(fleet, 5)).toBe(0)
  })

  it("'last-known' and 'allow' stay within what was left, and it is booked afterwards", async () => {
    for (const onUnavailable of ['last-known', 'allow'] as const) {
      const fleet = await downAfter(3, { onUnavailable })
      const admitted = await askAll(fleet, 2 * LIMIT)
      expect(admitted).toBeGreaterThan(0)
      expect(fleet.gateways[0]!.stats().usage.hits!.pending).toBeGreaterThan(0)
      fleet.store.down = false
      await fleet.clock.advance(1500)
      await askAll(fleet, 1)
      expect(fleet.shared.unreported()).toEqual({ hits: admitted + 6 })
    }
  })

  it("an unknown caller is asked about at 3scale, and passes only under 'allow'", async () => {
    for (const [onUnavailable, status] of [
      ['deny', 503],
      ['last-known', 503],
      ['allow', undefined],
    ] as const) {
      const fleet = await downAfter(0, { onUnavailable })
      const decision = await fleet.gateways[0]!.evaluate(callOf('k1'))
      expect(decision.outcome === 'deny' ? decision.status : undefined).toBe(status)
      expect(await fleet.gateways[0]!.evaluate(callOf('wrong'))).toMatchObject({ outcome: 'deny', status: 403 })
    }
  })
})

it('RateLimit fields tell the count of all', async () => {
  const fleet = createFleet({ state: STATE, processes: 2, options: { rateLimitHeaders: 'all' } })
  await askAll(fleet, 4)
  const decision = await fleet.gateways[0]!.evaluate(callOf('k1'))
  expect(decision.outcome === 'allow' && decision.headers.ratelimit).toContain(`"hits.day";r=${LIMIT - 9}`)
  expect(await askAll(fleet, LIMIT)).toBe(LIMIT - 9)
  const denied = await fleet.gateways[1]!.evaluate(callOf('k1'))
  expect(denied.outcome === 'deny' && denied.headers.ratelimit).toContain('"hits.day";r=0')
})
