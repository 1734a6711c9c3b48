import { describe, expect, it } from 'vitest'
import { createEmulatedBackend } from '../../../../test/support/emulated-backend.ts'
import { quietLogger } from '../../../../test/support/quiet-logger.ts'
import type { GatewayOptions } from '../../src/configuration/options/gateway-options.ts'
import type { Decision } from '../../src/decision/decision.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import { viewOf } from '../requests.ts'

const GOOD = '/words?user_key=good-key'

function setUp(options: Partial<GatewayOptions> = {}) {
  const backend = createEmulatedBackend()
  const gateway = createGateway({
    serviceId: '2555417',
    serviceToken: 'demo-token',
    cache: true,
    ...options,
    ...backend.seams,
  })
  const ask = (url = GOOD) => gateway.evaluate(viewOf({ url }))
  const counted = () => backend.emulator.usage()['2555417']?.good?.hits?.minute ?? 0
  return { backend, gateway, ask, counted }
}

describe('a cached gateway', () => {
  it('asks once, then decides without a promise', async () => {
    const { ask, backend } = setUp()
    expect(await ask()).toMatchObject({ outcome: 'allow', source: 'backend' })
    const decision = ask()
    expect(decision).not.toBeInstanceOf(Promise)
    expect(decision).toMatchObject({ outcome: 'allow', source: 'cache', plan: 'Basic', application: { id: 'good' } })
    expect(backend.calls).toHaveLength(1)
  })

  it('law 7: admits exactly the limit among concurrent callers and reports every hit once', async () => {
    const { ask, gateway, counted } = setUp()
    const decisions = await Promise.all(Array.from({ length: 100 }, () => ask()))
    expect(decisions.filter(({ outcome }: Decision) => outcome === 'allow')).toHaveLength(5)
    expect(decisions.filter(({ outcome }: Decision) => outcome === 'deny')).toHaveLength(95)
    expect(gateway.stats().usage.hits).toMatchObject({ admitted: 5, acknowledged: 0, pending: 5 })
    expect(await gateway.close()).toEqual({ undelivered: {} })
    expect(gateway.stats().usage.hits).toMatchObject({ admitted: 5, acknowledged: 5, pending: 0 })
    expect(counted()).toBe(5)
  })

  it('answers 429 locally until the window ends, then admits again', async () => {
    const { ask, backend } = setUp()
    await Promise.all(Array.from({ length: 5 }, () => ask()))
    expect(ask()).toMatchObject({ code: 'limits_exceeded', status: 429, retryAfterMs: 30_000 })
    backend.clock.skip(30_000)
    expect(await ask()).toMatchObject({ outcome: 'allow' })
  })

  it('counts usage that is known only after the response', async () => {
    const { ask, gateway, backend } = setUp({
      usage: { tokens: 0 },
      usageAfter: (_view, response) => (response.status < 500 ? { tokens: Number(response.header('x-tokens')) } : {}),
    })
    const response = (status: number) => ({ status, finished: true, header: () => '250' })
    const [first, second] = [await ask(), await ask()]
    gateway.settle(first, response(200))
    gateway.settle(first, response(200))
    gateway.settle(second, response(502))
    await gateway.close()
    expect(backend.emulator.usage()['2555417']?.good?.tokens?.day).toBe(250)
  })

  it('reports what a handler adds', async () => {
    const { ask, gateway, backend } = setUp()
    const decision = await ask()
    if (decision.outcome !== 'allow') throw new Error(decision.outcome)
    decision.addUsage({ tokens: 7 })
    decision.addUsage({ tokens: 3 })
    gateway.settle(decision, { status: 200, finished: false, header: () => undefined })
    decision.addUsage({ tokens: 1 })
    await gateway.close()
    expect(backend.emulator.usage()['2555417']?.good).toMatchObject({ hits: { minute: 1 }, tokens: { day: 11 } })
  })

  it('law 5: answers 500 without detail and tells the operator if any of our settings is refused', async () => {
    for (const options of [{ serviceToken: 'wrong-token' }, { usage: { nope: 1 } }]) {
      const logged: string[] = []
      const logger = { ...quietLogger, error: (_: object, message: string) => logged.push(message) }
      const { ask } = setUp({ ...options, logger })
      const decision = await ask()
      expect(decision).toMatchObject({ status: 500, reason: 'the gateway is not set up correctly' })
      expect(logged.join()).toMatch(/service token "\*\*\*"|metric "nope" is invalid/)
    }
  })
})

it('law 8: a usageAfter that never ends costs close() half of its time, and no usage', async () => {
  const backend = createEmulatedBackend()
  const gateway = createGateway({
    serviceId: '2555417',
    serviceToken: 'demo-token',
    cache: true,
    logger: quietLogger,
    ...backend.seams,
  })
  let tell = (_usage: Record<string, number>) => {}
  const endless = gateway.with({ usage: { hits: 2 }, usageAfter: () => new Promise((resolve) => (tell = resolve)) })
  const response = { status: 200, finished: true, header: () => undefined }
  endless.settle(await endless.evaluate(viewOf({ url: GOOD })), response)
  gateway.settle(await gateway.evaluate(viewOf({ url: GOOD })), response)
  const closing = gateway.close({ timeoutMs: 80 })
  await backend.clock.advance(40)
  expect(await closing).toEqual({ undelivered: {} })
  tell({ hits: 4 })
  await new Promise(setImmediate)
  expect(backend.emulator.usage()['2555417']!.good!.hits!.eternity).toBe(3)
})
