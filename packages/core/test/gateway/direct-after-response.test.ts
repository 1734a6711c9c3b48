import { describe, expect, it } from 'vitest'
import { createEmulatedBackend } from '../../../../test/support/emulated-backend.ts'
import { quietLogger } from '../../../../test/support/quiet-logger.ts'
import type { GatewayOptions } from '../../src/configuration/options/gateway-options.ts'
import type { Allowed, Decision } from '../../src/decision/decision.ts'
import { TimeoutError, TransportError } from '../../src/errors.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import { viewOf } from '../requests.ts'

const GOOD = '/words?user_key=good-key'
const UNSENT = () => new TransportError('connection refused', { sent: false })
const UNANSWERED = () => new TimeoutError('no answer in time', { sent: true })

function setUp(options: Partial<GatewayOptions> = {}) {
  const backend = createEmulatedBackend()
  const gateway = createGateway({ serviceId: '2555417', serviceToken: 'demo-token', ...options, ...backend.seams })
  const ask = (url = GOOD): Promise<Decision> => Promise.resolve(gateway.evaluate(viewOf({ url })))
  const counted = () => backend.emulator.usage()['2555417']?.good
  const sums = () => gateway.stats().usage.hits
  return { backend, gateway, ask, counted, sums }
}

const response = (status: number) => ({ status, finished: true, header: () => undefined })

describe('a direct gateway after the response', () => {
  it('reports what a handler adds', async () => {
    const { ask, gateway, counted } = setUp()
    const decision = (await ask()) as Allowed
    decision.addUsage({ tokens: 7 })
    gateway.settle(decision, response(200))
    gateway.settle(decision, response(200))
    await gateway.close()
    expect(counted()).toMatchObject({ hits: { minute: 1 }, tokens: { day: 7 } })
  })

  it('authorizes before and reports once after, with the status of the answer', async () => {
    const { ask, gateway, backend, counted } = setUp({ responseCodes: true })
    gateway.settle(await ask(), response(201))
    expect(counted()?.hits?.minute ?? 0).toBe(0)
    await gateway.close()
    expect(backend.calls.map(({ path }) => path.split('?')[0])).toEqual([
      '/transactions/authorize.xml',
      '/transactions.xml',
    ])
    expect(decodeURIComponent(backend.calls[1]!.body!)).toContain('[log][code]=201')
    expect(counted()?.hits?.minute).toBe(1)
  })

  it.each<[string, Partial<GatewayOptions>]>([
    ['the usage of the request', { responseCodes: true }],
    ['what usageAfter tells', { responseCodes: true, usageAfter: () => ({ hits: 3 }) }],
  ])('reports the status once, with %s, and not again with what a handler adds', async (_with, options) => {
    const { ask, gateway, backend, counted } = setUp(options)
    const decision = (await ask()) as Allowed
    decision.addUsage({ tokens: 7 })
    gateway.settle(decision, response(201))
    await gateway.close()
    const reported = decodeURIComponent(backend.calls.at(-1)!.body!)
    expect(reported.match(/\[log\]\[code\]=201/g)).toHaveLength(1)
    const [withStatus] = /transactions\[(\d+)\]\[log\]/.exec(reported)!.slice(1)
    expect(reported).toContain(`transactions[${withStatus}][usage][hits]=`)
    expect(counted()).toMatchObject({ tokens: { day: 7 } })
  })

  it('counts the usage of usageAfter, and the prediction if it fails', async () => {
    let answer: () => { hits: number } = () => ({ hits: 3 })
    const { ask, gateway, counted } = setUp({ usageAfter: () => answer(), logger: quietLogger })
    gateway.settle(await ask(), response(200))
    answer = () => {
      throw new Error('mine')
    }
    gateway.settle(await ask(), response(200))
    await gateway.close()
    expect(counted()?.hits?.minute).toBe(4)
  })

  it('law 8: counts the usage of a slow usageAfter once, however often the decision is settled', async () => {
    const { ask, gateway, counted } = setUp({ usageAfter: async () => ({ hits: 3 }) })
    const decision = await ask()
    gateway.settle(decision, response(200))
    gateway.settle(decision, response(200))
    await gateway.close()
    gateway.settle(decision, response(200))
    expect(counted()?.hits?.minute).toBe(3)
  })

  it('counts nothing in observe mode, even if usage is added', async () => {
    const { ask, gateway, backend, counted } = setUp({ mode: 'observe' })
    const decision = (await ask()) as Allowed
    decision.addUsage({ tokens: 7 })
    gateway.settle(decision, response(200))
    await gateway.close()
    expect(counted()?.tokens?.day).toBe(0)
    expect(backend.calls).toHaveLength(1)
  })
})

describe("a direct gateway under onUnavailable 'allow'", () => {
  it('reports the usage of unverified callers after an answer proves them', async () => {
    const { ask, backend, gateway, counted, sums } = setUp({ onUnavailable: 'allow' })
    backend.fail = UNSENT
    expect(await ask()).toMatchObject({ outcome: 'allow', source: 'policy' })
    expect(sums()).toMatchObject({ admitted: 1, pending: 1 })
    backend.fail = undefined
    backend.clock.skip(5_000)
    expect(await ask()).toMatchObject({ outcome: 'allow', source: 'backend' })
    await gateway.close()
    expect(counted()?.hits?.minute).toBe(2)
    expect(sums()).toMatchObject({ admitted: 2, acknowledged: 2, pending: 0 })
  })

  it('gives up and announces the usage of unverified callers that 3scale does not know', async () => {
    const { ask, backend, gateway, sums } = setUp({ onUnavailable: 'allow', logger: quietLogger })
    backend.fail = UNSENT
    expect((await ask('/words?user_key=nobody')).outcome).toBe('allow')
    backend.fail = undefined
    expect((await ask('/words?user_key=nobody')).outcome).toBe('deny')
    expect(sums()).toMatchObject({ admitted: 1, pending: 0, givenUp: 1 })
    await gateway.close()
  })

  it('denies a caller whose last answer was a denial', async () => {
    const { ask, backend } = setUp({ onUnavailable: 'allow' })
    expect((await ask('/words?user_key=nobody')).outcome).toBe('deny')
    backend.fail = UNSENT
    expect(await ask('/words?user_key=nobody')).toMatchObject({ outcome: 'deny', code: 'user_key_invalid' })
  })

  it('law 8: does not count again what an unanswered call may have counted', async () => {
    const { ask, backend, sums } = setUp({ onUnavailable: 'allow', logger: quietLogger })
    backend.fail = UNANSWERED
    expect((await ask()).outcome).toBe('allow')
    expect(sums()).toMatchObject({ admitted: 1, pending: 0, givenUp: 1 })
  })

  it('pauses after five failures and probes with an authorize', async () => {
    const { ask, backend } = setUp({ onUnavailable: 'allow' })
    backend.fail = UNSENT
    for (let call = 0; call < 5; call++) await ask()
    const failed = backend.calls.length
    expect((await ask()).outcome).toBe('allow')
    expect(backend.calls).toHaveLength(failed)
    backend.fail = undefined
    backend.clock.skip(1000)
    expect(await ask()).toMatchObject({ source: 'backend' })
    expect(backend.calls.slice(failed).map(({ path }) => path.split('?')[0])).toEqual([
      '/transactions/authorize.xml',
      '/transactions/authrep.xml',
    ])
  })
})

describe("a direct gateway under onUnavailable 'last-known'", () => {
  it('admits callers whose last answer was good, within the last known limits, and reports them', async () => {
    const { ask, backend, gateway, counted } = setUp({ onUnavailable: 'last-known', breaker: false })
    expect(await ask()).toMatchObject({ source: 'backend' })
    backend.fail = UNSENT
    for (let call = 0; call < 4; call++) expect(await ask()).toMatchObject({ outcome: 'allow', source: 'policy' })
    expect(await ask()).toMatchObject({ code: 'limits_exceeded', status: 429 })
    expect(await ask('/words?user_key=unlimited-key')).toMatchObject({ code: 'backend_unavailable' })
    backend.fail = undefined
    await gateway.close()
    expect(counted()?.hits?.minute).toBe(5)
  })
})

describe('the bounds of a direct gateway', () => {
  it("denies requests beyond maxCalls under 'allow' too, and keeps half of the calls for known callers", async () => {
    const { ask, gateway } = setUp({ onUnavailable: 'allow', maxCalls: 4 })
    const unverified = await Promise.all(['a', 'b', 'c'].map((key) => ask(`/words?user_key=${key}`)))
    expect(unverified.map((decision) => 'code' in decision && decision.code)).toEqual([
      'user_key_invalid',
      'user_key_invalid',
      'overloaded',
    ])
    // One caller gets another place only while more are free than it holds.
    await ask()
    const known = await Promise.all(Array.from({ length: 5 }, () => ask()))
    expect(known.filter(({ outcome }) => outcome === 'allow')).toHaveLength(2)
    expect(known.at(-1)).toMatchObject({ code: 'overloaded', status: 503 })
    await gateway.close()
  })

  it('decides nothing for a client that has disconnected, and records what the backend counted', async () => {
    const { gateway, sums } = setUp()
    const client = new AbortController()
    const decision = gateway.evaluate({ ...viewOf({ url: GOOD }), signal: client.signal })
    client.abort()
    expect(await decision).toMatchObject({ outcome: 'deny', code: 'client_closed_request' })
    const { admitted, acknowledged } = sums() ?? { admitted: 0, acknowledged: 0 }
    expect(admitted).toBe(acknowledged)
  })
})
