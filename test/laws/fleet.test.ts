/** Gateways that share a store, and the laws that hold for all of them together. */

import type { Denied, Gateway } from '@threescale/core'
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
