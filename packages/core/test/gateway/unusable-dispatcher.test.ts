import { expect, test } from 'vitest'
import { rejection } from '../../../../test/support/rejection.ts'
import { takeWarnings } from '../../../../test/support/warnings.ts'
import type { GatewayOptions } from '../../src/configuration/options/gateway-options.ts'
import { ConfigError, TransportError } from '../../src/errors.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import { clientOf } from '../client/client-of.ts'
import { viewOf } from '../requests.ts'

type Dispatch = (options: object, handler: Record<string, (...given: unknown[]) => void>) => boolean

function dispatcherOf(dispatch: Dispatch): NonNullable<GatewayOptions['dispatcher']> {
  return { dispatch } as unknown as NonNullable<GatewayOptions['dispatcher']>
}

/** As the dispatchers of undici 6 call a handler, or refuse it. */
const UNUSABLE: [string, Dispatch][] = [
  [
    'calls methods that no handler has',
    (_options, handler) => {
      handler.onConnect!(() => {})
      return true
    },
  ],
  [
    'refuses the handler',
    () => {
      throw Object.assign(new Error('invalid onConnect method'), { code: 'UND_ERR_INVALID_ARG' })
    },
  ],
  [
    'hands a TypeError to the handler later',
    (_options, handler) => {
      setImmediate(() => handler.onResponseError!(undefined, new TypeError('x is not a function')))
      return true
    },
  ],
]

const CASES = UNUSABLE.flatMap(([name, dispatch]) =>
  (['deny', 'last-known', 'allow'] as const).flatMap((onUnavailable) =>
    [false, true].map((cache) => ({ name, dispatch, onUnavailable, cache })),
  ),
)

test.each(CASES)('law 3: a dispatcher that $name is our own fault under $onUnavailable, cache $cache', async (made) => {
  const { dispatch, onUnavailable, cache } = made
  const gateway = createGateway({
    serviceId: '1001',
    serviceToken: 'stoken',
    dispatcher: dispatcherOf(dispatch),
    onUnavailable,
    cache,
    breaker: { failures: 1 },
  })
  for (const key of ['a', 'b']) {
    const decision = await gateway.evaluate(viewOf({ url: `/?user_key=${key}` }))
    expect(decision).toMatchObject({ outcome: 'deny', code: 'gateway_misconfigured', status: 500 })
    expect(JSON.stringify(decision)).not.toContain('undici')
  }
  expect(await takeWarnings()).toHaveLength(1)
  await gateway.close()
})

test('the client rejects with a ConfigError that names the versions that work, and nothing was sent', async () => {
  for (const [, dispatch] of UNUSABLE) {
    const client = clientOf('http://127.0.0.1:1', { dispatcher: dispatcherOf(dispatch) })
    const error = await rejection(client.authrep({ userKey: 'SECRET' }))
    expect(error).toBeInstanceOf(ConfigError)
    expect(error).toMatchObject({ name: 'ConfigError', code: 'ERR_THREESCALE_CONFIG', sent: false })
    expect(String(error)).toMatch(
      /^ConfigError: the dispatcher cannot be used: it must be one of undici 7 or 8 \(\w+\)$/,
    )
  }
})

test('an error of a dispatcher that is no misuse stays a failure of the transport', async () => {
  const dispatcher = dispatcherOf((_options, handler) => {
    handler.onResponseError!(undefined, Object.assign(new Error('gone'), { code: 'ECONNREFUSED' }))
    return false
  })
  const error = await rejection(clientOf('http://127.0.0.1:1', { dispatcher }).authrep({ userKey: 'k' }))
  expect(error).toBeInstanceOf(TransportError)
})
