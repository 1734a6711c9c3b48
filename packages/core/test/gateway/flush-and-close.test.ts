import { describe, expect, it } from 'vitest'
import { createEmulatedBackend } from '../../../../test/support/emulated-backend.ts'
import { eventually } from '../../../../test/support/eventually.ts'
import { HIDDEN, HIDING_LIMIT, HIDING_METRICS } from '../../../../test/support/hidden-place.ts'
import { settled } from '../../../../test/support/manual-clock.ts'
import { quietLogger } from '../../../../test/support/quiet-logger.ts'
import { SERVICE, stateOf } from '../../../../test/support/world.ts'
import { familyOf } from '../../src/adapter/gateway-brand.ts'
import type { OpenResponses } from '../../src/adapter/open-responses.ts'
import { TRANSPORT, type Transport } from '../../src/client/transport/transport.ts'
import type { GatewayOptions } from '../../src/configuration/options/gateway-options.ts'
import type { Allowed } from '../../src/decision/decision.ts'
import { ArgumentError, TransportError } from '../../src/errors.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import { viewOf } from '../requests.ts'

function setUp(options: Partial<GatewayOptions> = {}) {
  const backend = createEmulatedBackend()
  const gateway = createGateway({
    serviceId: '2555417',
    serviceToken: 'demo-token',
    cache: true,
    ...options,
    ...backend.seams,
  })
  const ask = async () => (await gateway.evaluate(viewOf({ url: '/words?user_key=unlimited-key' }))) as Allowed
  const counted = (metric: string) => backend.emulator.usage()['2555417']?.unlimited?.[metric]?.day ?? 0
  const { responses } = familyOf(gateway) as { responses: OpenResponses }
  return { backend, gateway, ask, counted, responses, clock: backend.clock }
}

const down = () => new TransportError('connection refused', { sent: false })
const finished = { status: 200, finished: true, header: () => undefined }

/** Whether a promise has resolved or rejected. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let done = false
  promise.then(
    () => (done = true),
    () => (done = true),
  )
  await settled()
  return done
}

describe('flush()', () => {
  it('resolves once 3scale has acknowledged what was pending, without waiting for the interval', async () => {
    const { gateway, ask, counted } = setUp()
    for (let call = 0; call < 3; call++) await ask()
    expect(await gateway.flush()).toEqual({ undelivered: {} })
    expect(counted('hits')).toBe(3)
    await ask()
    expect(await gateway.flush()).toEqual({ undelivered: {} })
    expect(counted('hits')).toBe(4)
    await gateway.close()
  })

  it('sends what came while a report was under way, too', async () => {
    const { gateway, ask, counted } = setUp()
    await ask()
    const first = gateway.flush()
    await ask()
    await gateway.flush()
    expect(counted('hits')).toBe(2)
    await first
    await gateway.close()
  })

  it('law 16: tries again until its time is up, returns what is left, and the rest is sent later', async () => {
    const { gateway, ask, counted, backend, clock } = setUp({ logger: quietLogger })
    await ask()
    backend.fail = down
    const flushing = gateway.flush({ timeoutMs: 3000 })
    await clock.advance(3000)
    expect(await flushing).toEqual({ undelivered: { hits: 1 } })
    expect(backend.calls.length).toBeGreaterThan(2)
    expect(gateway.stats().usage.hits).toMatchObject({ pending: 1, givenUp: 0 })
    backend.fail = undefined
    await clock.advance(20_000)
    expect(counted('hits')).toBe(1)
    await gateway.close()
  })

  it('does not wait for usage that came after the call', async () => {
    const { gateway, ask, backend } = setUp()
    await ask()
    const flushing = gateway.flush()
    backend.fail = ({ path }) => {
      if (path.startsWith('/transactions.xml')) void ask()
      return undefined
    }
    expect(await flushing).toEqual({ undelivered: { hits: 1 } })
    await gateway.close()
  })

  it('waits for a usageAfter that is still at work', async () => {
    let tell = (_usage: { tokens: number }) => {}
    const { gateway, ask, counted } = setUp({
      usageAfter: () => new Promise((resolve) => (tell = resolve)),
    })
    gateway.settle(await ask(), finished)
    const flushing = gateway.flush()
    expect(await isSettled(flushing)).toBe(false)
    tell({ tokens: 7 })
    await flushing
    expect(counted('tokens')).toBe(7)
    await gateway.close()
  })

  it('after close() tells what close() told', async () => {
    const { gateway } = setUp()
    await gateway.close()
    expect(await gateway.flush()).toEqual({ undelivered: {} })
  })
})

describe('the time of close() and flush()', () => {
  it.each([Number.NaN, '5s', 2 ** 31, -1, 0.5, null])(
    'must not be %s, and then nothing is closed',
    async (timeoutMs) => {
      const { gateway, ask } = setUp()
      await expect(gateway.close({ timeoutMs: timeoutMs as number })).rejects.toThrow(ArgumentError)
      await expect(gateway.flush({ timeoutMs: timeoutMs as number })).rejects.toThrow(/flush\.timeoutMs/)
      expect(await ask()).toMatchObject({ outcome: 'allow' })
      await gateway.close()
    },
  )

  it('is named as options are', async () => {
    const { gateway } = setUp()
    await expect(gateway.close({ timeoutMS: 5 } as never)).rejects.toThrow('did you mean close.timeoutMs?')
    await expect(gateway.close(5000 as never)).rejects.toThrow('must be an object')
    await gateway.close()
  })

  it('may be 0 and may be Infinity, which waits for as long as it takes', async () => {
    const { gateway, ask, backend, clock, counted } = setUp({ logger: quietLogger })
    await ask()
    backend.fail = down
    const closing = gateway.close({ timeoutMs: Number.POSITIVE_INFINITY })
    await clock.advance(3_600_000)
    expect(await isSettled(closing)).toBe(false)
    backend.fail = undefined
    await clock.advance(20_000)
    expect(await closing).toEqual({ undelivered: {} })
    expect(counted('hits')).toBe(1)
    const idle = setUp().gateway
    expect(await idle.close({ timeoutMs: 0 })).toEqual({ undelivered: {} })
  })
})

describe('close() while adapters are answering', () => {
  it('law 16: waits for them, and counts what they add', async () => {
    const { gateway, ask, counted, responses } = setUp()
    const decision = await ask()
    responses.opened()
    const closing = gateway.close()
    expect(await isSettled(closing)).toBe(false)
    decision.addUsage({ tokens: 5 })
    gateway.settle(decision, finished)
    responses.closed()
    expect(await closing).toEqual({ undelivered: {} })
    expect(counted('tokens')).toBe(5)
  })

  it('sends at once what is known, because the process may be given less time', async () => {
    const { gateway, ask, counted, responses } = setUp()
    await ask()
    responses.opened()
    const closing = gateway.close()
    await eventually(() => counted('hits') === 1, 'the first report')
    responses.closed()
    await closing
  })

  it('waits for half of its time, then asks usageAfter what has been used by then', async () => {
    const seen: boolean[] = []
    const { gateway, ask, counted, responses, clock } = setUp({
      usageAfter: (_view, response) => {
        seen.push(response.finished)
        return { tokens: 5 }
      },
    })
    const decision = await ask()
    const settle = () => gateway.settle(decision, { ...finished, finished: false })
    responses.opened(settle)
    const closing = gateway.close({ timeoutMs: 4000 })
    await clock.advance(1999)
    expect(seen).toEqual([])
    await clock.advance(1)
    expect(await closing).toEqual({ undelivered: {} })
    settle()
    responses.closed(settle)
    expect([seen, counted('tokens')]).toEqual([[false], 5])
  })
})

describe('while one application is reported, because 3scale is to be asked about each of its requests', () => {
  it.each(['flush', 'close'] as const)('law 16: %s() waits for 3scale to acknowledge that report', async (method) => {
    const backend = createEmulatedBackend()
    const transport = backend.seams[TRANSPORT]
    let answer = () => {}
    const slowly: Transport = {
      async request(request) {
        if (request.path.startsWith('/transactions.xml')) await new Promise<void>((resolve) => (answer = resolve))
        return transport.request(request)
      },
    }
    backend.emulator.updateState(
      stateOf({
        metrics: [...HIDING_METRICS, { name: 'tokens' }],
        limits: [{ metric: 'hits', period: 'day', value: 10 }, HIDING_LIMIT],
      }),
    )
    const seams = { ...backend.seams, [TRANSPORT]: slowly } as object
    const gateway = createGateway({
      serviceId: SERVICE,
      serviceToken: 'token',
      cache: true,
      usage: HIDDEN,
      ...seams,
    })
    const ask = async () => (await gateway.evaluate(viewOf({ url: '/words?user_key=k1' }))) as Allowed
    const decision = await ask()
    decision.addUsage({ tokens: 5 })
    const asked = ask()
    await settled()
    expect(gateway.stats().usage.tokens).toMatchObject({ inFlight: 5 })
    const ended = gateway[method]()
    expect(await isSettled(ended)).toBe(false)
    answer()
    expect(await ended).toEqual({ undelivered: {} })
    expect(gateway.stats().usage.tokens).toMatchObject({ acknowledged: 5, givenUp: 0 })
    expect(await asked).toMatchObject({ outcome: 'allow' })
    await gateway.close()
  })
})
