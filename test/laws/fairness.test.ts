/** How callers share the places for calls to the backend (law 10). */
import { createEmulator } from '@threescale/emulator'
import { describe, expect, it } from 'vitest'
import { TRANSPORT, type TransportRequest } from '../../packages/core/src/client/transport/transport.ts'
import { TimeoutError } from '../../packages/core/src/errors.ts'
import { createGateway } from '../../packages/core/src/gateway/create-gateway.ts'
import type { GatewayOptions, RequestView } from '../../packages/core/src/index.ts'
import { CLOCK } from '../../packages/core/src/primitives/clock.ts'
import { answerBy } from '../support/answer-by.ts'
import { HIDDEN, HIDING_LIMIT, HIDING_METRICS } from '../support/hidden-place.ts'
import { ManualClock, settled } from '../support/manual-clock.ts'
import { createWorld, SERVICE, stateOf } from '../support/world.ts'

const applications = ['a1', 'a2', 'a3'].map((id, index) => ({ id, plan: 'p1', user_keys: [`k${index + 1}`] }))
const STATE = stateOf({ applications })
const LIMITED = stateOf({ applications, limits: [{ metric: 'hits', period: 'day', value: 1 }] })

interface AddressedView extends RequestView {
  readonly address?: string
}

function open(options: Partial<GatewayOptions<AddressedView>>, state = STATE) {
  const clock = new ManualClock('2026-03-10T10:20:30Z')
  const emulator = createEmulator({ state, clock })
  const waiting: (() => void)[] = []
  const opened = {
    clock,
    /** Whether calls wait until they are released. */
    holds: false,
    waiting,
    release: () => {
      for (const answer of waiting.splice(0)) answer()
    },
    gateway: createGateway<AddressedView>({
      serviceId: SERVICE,
      serviceToken: 'token',
      maxCalls: 16,
      ...options,
      [CLOCK]: clock,
      [TRANSPORT]: {
        async request(request: TransportRequest) {
          if (opened.holds) await new Promise<void>((resolve) => waiting.push(resolve))
          return answerBy(emulator, request)
        },
      },
    } as object as GatewayOptions<AddressedView>),
    ask: async (key: string, address?: string): Promise<string> => {
      const view = { method: 'GET', url: `/?user_key=${key}`, header: () => undefined, address: address as string }
      const decision = await opened.gateway.evaluate(view)
      return decision.outcome === 'deny' ? decision.code : decision.outcome
    },
  }
  return opened
}

const times = <Value>(count: number, make: (index: number) => Value): Value[] =>
  Array.from({ length: count }, (_, index) => make(index))
const countOf = (codes: readonly string[], code: string) => codes.filter((each) => each === code).length

describe('law 10: a direct gateway', () => {
  it('answers known callers while one of them keeps as many calls open as it can, whatever `fairnessKey` says', async () => {
    const world = open({ fairnessKey: () => 'everybody' })
    for (const key of ['k1', 'k2', 'k3']) expect(await world.ask(key)).toBe('allow')
    world.holds = true
    const flood = Promise.all(times(200, () => world.ask('k1')))
    await settled()
    const others = Promise.all([world.ask('k2'), world.ask('k3'), world.ask('k2')])
    await settled()
    world.release()
    expect(await others).toEqual(['allow', 'allow', 'allow'])
    const codes = await flood
    expect([countOf(codes, 'allow'), countOf(codes, 'overloaded')]).toEqual([8, 192])
    await world.gateway.close()
  })

  it('keeps its places for known callers in a flood of made-up keys, which can fill only the half of unknown ones', async () => {
    const world = open({})
    expect(await world.ask('k1')).toBe('allow')
    world.holds = true
    const flood = Promise.all(times(100, (index) => world.ask(`made-up-${index}`)))
    await settled()
    const known = Promise.all([world.ask('k1'), world.ask('k1')])
    const newcomer = world.ask('k2')
    await settled()
    world.release()
    expect(await known).toEqual(['allow', 'allow'])
    // As documented: nothing tells it from the flood.
    expect(await newcomer).toBe('overloaded')
    expect(countOf(await flood, 'user_key_invalid')).toBe(8)
    await world.gateway.close()
  })
})

describe('law 10: a flood of made-up keys', () => {
  it('keeps no place from a caller that 3scale accepted, though its limits were exceeded then', async () => {
    const world = open({}, LIMITED)
    expect([await world.ask('k1'), await world.ask('k1')]).toEqual(['allow', 'limits_exceeded'])
    world.holds = true
    const flood = Promise.all(times(100, (index) => world.ask(`made-up-${index}`)))
    await settled()
    const known = world.ask('k1')
    await settled()
    world.holds = false
    world.release()
    expect(await known).toBe('limits_exceeded')
    await flood
    await world.gateway.close()
  })

  it('keeps no place from a caller whose application the cache has no room for', async () => {
    const world = open({ cache: { maxApplications: 1 } })
    // The usage of the first one waits, so it is not evicted.
    expect([await world.ask('k1'), await world.ask('k2')]).toEqual(['allow', 'allow'])
    world.holds = true
    const flood = Promise.all(times(100, (index) => world.ask(`made-up-${index}`)))
    await settled()
    const known = world.ask('k2')
    await settled()
    world.holds = false
    world.release()
    expect(await known).toBe('allow')
    await flood
    await world.gateway.close()
  })
})

describe.each([
  ['direct', false],
  ['cached', true],
] as const)("law 10: with 'fairnessKey', %s", (_mode, cache) => {
  const byAddress = { cache, fairnessKey: ({ address }: AddressedView) => address }

  it('a flood of made-up keys from one address leaves places to newcomers from others', async () => {
    const world = open(byAddress)
    world.holds = true
    const flood = Promise.all(times(100, (index) => world.ask(`made-up-${index}`, '192.0.2.1')))
    await settled()
    const newcomers = Promise.all([world.ask('k1', '192.0.2.2'), world.ask('k2', '192.0.2.3')])
    await settled()
    world.holds = false
    world.release()
    expect(await newcomers).toEqual(['allow', 'allow'])
    expect(countOf(await flood, 'user_key_invalid')).toBe(4)
    await world.gateway.close()
  })

  it('known callers behind the same address share nothing with the flood', async () => {
    const world = open({ ...byAddress, cache: cache && { ttlMs: 1, staleMs: 1 } })
    expect(await world.ask('k1', '192.0.2.1')).toBe('allow')
    await world.clock.advance(10)
    world.holds = true
    const flood = Promise.all(times(100, (index) => world.ask(`made-up-${index}`, '192.0.2.1')))
    await settled()
    const known = world.ask('k1', '192.0.2.1')
    await settled()
    world.holds = false
    world.release()
    expect(await known).toBe('allow')
    await flood
    await world.gateway.close()
  })

  it('a key that is no text groups nothing, and one that throws is the framework’s to handle', async () => {
    const odd = open({ cache, fairnessKey: (() => ({ ip: '192.0.2.1' })) as never })
    odd.holds = true
    const asked = Promise.all(times(8, (index) => odd.ask(`made-up-${index}`)))
    await settled()
    odd.holds = false
    odd.release()
    expect(countOf(await asked, 'user_key_invalid')).toBe(8)
    await odd.gateway.close()
    const thrown = new Error('mine')
    const failing = open({
      cache,
      fairnessKey: () => {
        throw thrown
      },
    })
    await expect(failing.ask('k1')).rejects.toBe(thrown)
    await failing.gateway.close()
  })
})

it('law 10: a caller whose requests are asked about one by one is refreshed all the same', async () => {
  const limits = [{ metric: 'hits', period: 'day', value: 100 }, HIDING_LIMIT]
  const state = stateOf({ metrics: [...HIDING_METRICS], limits })
  const world = createWorld({ state, maxCalls: 4, latencyMs: 5000, cache: { ttlMs: 6000 } })
  const first = world.ask({ userKey: 'k1' })
  await world.clock.advance(5000)
  await first
  const flood = Promise.all(times(20, () => world.ask({ userKey: 'k1' }, HIDDEN)))
  // The questions about the usage take five calls, one after the other; the authreps are under way after that.
  await world.clock.advance(27_000)
  expect(world.count('authrep')).toBe(2)
  const refreshing = world.ask({ userKey: 'k1' })
  await world.clock.advance(20_000)
  const codes = [...(await flood), await refreshing].map((each) => (each.outcome === 'allow' ? 'allow' : each.code))
  expect(codes).toContain('overloaded')
  expect(world.cached).toContain('refreshed')
  expect(world.cached).not.toContain('stale')
})

describe('law 3: a call that finds no free connection while the backend answers others', () => {
  it.each([
    [false, 'direct'],
    [true, 'cached'],
  ])('lets in no unknown caller and leaves the breaker closed (cache: %s)', async (cache) => {
    const clock = new ManualClock('2026-03-10T10:20:30Z')
    const emulator = createEmulator({ state: STATE, clock })
    let crowded = false
    const gateway = createGateway({
      serviceId: SERVICE,
      serviceToken: 'token',
      cache,
      onUnavailable: 'allow',
      [CLOCK]: clock,
      [TRANSPORT]: {
        async request(request: TransportRequest) {
          if (crowded) throw new TimeoutError('no free connection', { sent: false, crowdedOut: true })
          return answerBy(emulator, request)
        },
      },
    } as object as GatewayOptions)
    const ask = async (key: string) => {
      const decision = await gateway.evaluate({ method: 'GET', url: `/?user_key=${key}`, header: () => undefined })
      return decision.outcome === 'deny' ? decision.code : decision.outcome
    }
    expect(await ask('k1')).toBe('allow')
    crowded = true
    for (const key of times(20, (index) => `unknown-${index}`)) expect(await ask(key)).toBe('overloaded')
    // A known caller is let in by the policy, or by what the gateway knows.
    expect(await ask('k1')).toBe('allow')
    crowded = false
    expect(await ask('k2')).toBe('allow')
    await gateway.close()
  })
})
