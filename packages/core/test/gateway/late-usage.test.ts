import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, it } from 'vitest'
import { createEmulatedBackend } from '../../../../test/support/emulated-backend.ts'
import { quietLogger } from '../../../../test/support/quiet-logger.ts'
import { takeWarnings } from '../../../../test/support/warnings.ts'
import type { GatewayOptions } from '../../src/configuration/options/gateway-options.ts'
import type { Allowed } from '../../src/decision/decision.ts'
import { ArgumentError } from '../../src/errors.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import { viewOf } from '../requests.ts'

function setUp(options: Partial<GatewayOptions> = {}) {
  const backend = createEmulatedBackend()
  const gateway = createGateway({ serviceId: '2555417', serviceToken: 'demo-token', ...options, ...backend.seams })
  const ask = async () => (await gateway.evaluate(viewOf({ url: '/words?user_key=good-key' }))) as Allowed
  const tokens = () => backend.emulator.usage()['2555417']?.good?.tokens?.day ?? 0
  const reports = () => backend.calls.filter(({ path }) => path.startsWith('/transactions.xml')).length
  return { backend, gateway, ask, tokens, reports, clock: backend.clock }
}

const left = { status: 200, finished: false, header: () => undefined }
const finished = { ...left, finished: true }

describe.each([{ cache: false }, { cache: true }])('usage that comes late, with %o', ({ cache }) => {
  it('law 8: is counted, however long after the client has left', async () => {
    const { ask, gateway, clock, tokens } = setUp({ cache })
    const decision = await ask()
    gateway.settle(decision, left)
    await clock.advance(3_600_000)
    decision.addUsage({ tokens: 5 })
    await gateway.close()
    expect(tokens()).toBe(5)
  })

  it('is counted after a finished response; more than a minute after it a warning tells of the mistake, once', async () => {
    const { ask, gateway, clock, tokens } = setUp({ cache })
    const decision = await ask()
    gateway.settle(decision, finished)
    await clock.advance(59_000)
    decision.addUsage({ tokens: 5 })
    await clock.advance(2_000)
    for (let call = 0; call < 3; call++) decision.addUsage({ tokens: 1 })
    expect(await takeWarnings()).toEqual(['THREESCALE_LATE_USAGE'])
    await gateway.close()
    expect(tokens()).toBe(8)
  })

  it('law 8: is given up and told once the gateway is closed, and does not throw', async () => {
    const { ask, gateway, tokens } = setUp({ cache })
    const decision = await ask()
    await gateway.close()
    decision.addUsage({ tokens: 5 })
    expect(await takeWarnings()).toEqual(['THREESCALE_USAGE_GIVEN_UP_CLOSED'])
    expect(gateway.stats().usage.tokens).toMatchObject({ admitted: 5, givenUp: 5, pending: 0 })
    expect(tokens()).toBe(0)
  })

  it('throws for a value that is no usage, which is a mistake of the handler', async () => {
    const { ask, gateway } = setUp({ cache })
    const decision = await ask()
    for (const usage of [{ tokens: Number.NaN }, { tokens: -1 }, { tokens: '5' }, undefined, 5]) {
      expect(() => decision.addUsage(usage as never)).toThrow(ArgumentError)
    }
    expect(gateway.stats().usage.tokens).toBeUndefined()
    await gateway.close()
  })
})

describe('a direct gateway', () => {
  it('reports what is used late within 100 ms, in one call', async () => {
    const { ask, clock, tokens, reports, gateway } = setUp()
    const decision = await ask()
    for (let call = 0; call < 3; call++) {
      decision.addUsage({ tokens: 20 })
      await clock.advance(30)
    }
    expect(tokens()).toBe(0)
    await clock.advance(10)
    expect([tokens(), reports()]).toEqual([60, 1])
    await gateway.close()
  })

  it('reports what was used during a report within 100 ms, too', async () => {
    const { ask, clock, backend, tokens, gateway } = setUp()
    const decision = await ask()
    decision.addUsage({ tokens: 20 })
    backend.fail = ({ path }) => {
      if (path.startsWith('/transactions.xml') && tokens() === 0) decision.addUsage({ tokens: 7 })
      return undefined
    }
    await clock.advance(100)
    expect(tokens()).toBe(20)
    await clock.advance(100)
    expect(tokens()).toBe(27)
    await gateway.close()
  })

  it('keeps to report.intervalMs where that is shorter', async () => {
    const { ask, clock, tokens, gateway } = setUp({ report: { intervalMs: 10 } })
    const decision = await ask()
    decision.addUsage({ tokens: 20 })
    await clock.advance(10)
    expect(tokens()).toBe(20)
    await gateway.close()
  })
})

describe('usageAfter', () => {
  it('law 5: that fails is told with its message, without the credentials in it', async () => {
    const warned: string[] = []
    const { ask, gateway } = setUp({
      usageAfter: () => {
        throw new TypeError('no field "x-tokens" for good-key by demo-token')
      },
      logger: { ...quietLogger, warn: (_facts: object, message: string) => void warned.push(message) },
    })
    gateway.settle(await ask(), finished)
    expect(warned).toEqual([
      'usageAfter failed (TypeError: no field "x-tokens" for *** by ***); the usage that was predicted is counted',
    ])
    await gateway.close()
  })

  it('tells which amount was wrong', async () => {
    const warned: string[] = []
    const logger = { ...quietLogger, warn: (_facts: object, message: string) => void warned.push(message) }
    const { ask, gateway } = setUp({ usageAfter: () => ({ tokens: Number.NaN }), logger })
    gateway.settle(await ask(), finished)
    expect(warned).toEqual([expect.stringContaining('metric "tokens" is not a whole number')])
    await gateway.close()
  })

  it('law 17: runs in the context of its request, in whichever context the response ends', async () => {
    const requests = new AsyncLocalStorage<number>()
    const seen: unknown[] = []
    const { ask, gateway } = setUp({ usageAfter: () => void seen.push(requests.getStore()) })
    const decisions = [await requests.run(1, ask), await requests.run(2, ask)]
    for (const decision of decisions) requests.run(3, () => gateway.settle(decision, finished))
    expect(seen).toEqual([1, 2])
    await gateway.close()
  })
})
