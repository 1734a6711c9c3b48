import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createEmulatedBackend } from '../../../../test/support/emulated-backend.ts'
import { quietLogger } from '../../../../test/support/quiet-logger.ts'
import { takeWarnings } from '../../../../test/support/warnings.ts'
import type { GatewayOptions } from '../../src/configuration/options/gateway-options.ts'
import type { Allowed, Decision, Denied } from '../../src/decision/decision.ts'
import { TransportError } from '../../src/errors.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import { type RequestParts, viewOf } from '../requests.ts'

const GOOD = '/words?user_key=good-key'
const DOWN = () => new TransportError('connection refused', { sent: false })

function setUp(options: Partial<GatewayOptions> = {}) {
  const backend = createEmulatedBackend()
  const gateway = createGateway({ serviceId: '2555417', serviceToken: 'demo-token', ...options, ...backend.seams })
  const ask = (url: string, method = 'GET'): Promise<Decision> =>
    Promise.resolve(gateway.evaluate(viewOf({ url, method })))
  const counted = (application = 'good') => backend.emulator.usage()['2555417']?.[application]?.hits?.minute ?? 0
  return { backend, gateway, ask, counted }
}

function denied(decision: Decision): Denied {
  expect(decision.outcome).toBe('deny')
  return decision as Denied
}

function allowed(decision: Decision): Allowed {
  expect(decision.outcome).toBe('allow')
  return decision as Allowed
}

describe('a direct gateway', () => {
  it('makes one authrep per request, which counts', async () => {
    const { ask, counted, backend } = setUp()
    const decision = allowed(await ask(GOOD))
    expect(decision).toMatchObject({ source: 'backend', service: '2555417', plan: 'Basic', usage: { hits: 1 } })
    expect(decision.application.id).toBe('good')
    expect(decision.limits.map(({ metric, period, current }) => [metric, period, current])).toContainEqual([
      'hits',
      'minute',
      1,
    ])
    expect(counted()).toBe(1)
    expect(backend.calls.map(({ path }) => path.split('?')[0])).toEqual(['/transactions/authrep.xml'])
  })

  it('denies a caller without credentials before anything is sent', async () => {
    const { ask, backend } = setUp()
    expect(denied(await ask('/words'))).toMatchObject({ code: 'credentials_missing', status: 401 })
    expect(backend.calls).toEqual([])
  })

  it('denies an unknown key with the code and masked reason of 3scale', async () => {
    const { ask } = setUp()
    const decision = denied(await ask('/words?user_key=stranger'))
    expect(decision).toMatchObject({ code: 'user_key_invalid', status: 403, reason: 'user key "***" is invalid' })
    expect(inspect(decision) + JSON.stringify(decision)).not.toContain('stranger')
  })

  it('answers 429 until the last exceeded window ends', async () => {
    const { ask } = setUp()
    for (let call = 0; call < 5; call++) allowed(await ask(GOOD))
    const decision = denied(await ask(GOOD))
    expect(decision).toMatchObject({ code: 'limits_exceeded', status: 429, retryAfterMs: 30_000 })
    expect(decision.headers['retry-after']).toBe('30')
  })

  it('finds the exceeded window of a parent that the call does not name', async () => {
    const { ask } = setUp({ usage: { lookup: 1 } })
    for (let call = 0; call < 5; call++) allowed(await ask(GOOD))
    expect(denied(await ask(GOOD)).headers['retry-after']).toBe('30')
  })

  it('sends no Retry-After for an eternity limit', async () => {
    const { ask } = setUp()
    allowed(await ask('/?user_key=nearly-limited-key'))
    expect(denied(await ask('/?user_key=nearly-limited-key'))).toMatchObject({ status: 429, retryAfterMs: undefined })
  })

  it('answers 500 without detail and tells the operator when our own token is refused', async () => {
    const logged: string[] = []
    const logger = { ...quietLogger, error: (_: object, message: string) => logged.push(message) }
    const { ask } = setUp({ serviceToken: 'wrong-token', logger })
    const decision = denied(await ask(GOOD))
    expect(decision).toMatchObject({ code: 'gateway_misconfigured', status: 500 })
    expect(decision.body).not.toContain('token "')
    expect(logged.join()).toContain('service token')
    expect(logged.join()).not.toContain('wrong-token')
  })

  it('answers 500 and sends nothing when the usage function returns no usage', async () => {
    const { ask, backend } = setUp({ usage: () => ({ hits: -1 }) })
    expect(denied(await ask(GOOD))).toMatchObject({ code: 'gateway_misconfigured', status: 500 })
    expect(backend.calls).toEqual([])
    expect(await takeWarnings()).toEqual(['usage_invalid'])
  })

  it('rejects with what a callback throws, synchronously or later', async () => {
    for (const usage of [
      () => {
        throw new Error('mine')
      },
      () => Promise.reject(new Error('mine')),
    ]) {
      const { ask } = setUp({ usage })
      await expect(ask(GOOD)).rejects.toThrow('mine')
    }
  })

  it('lets skipped requests pass without a call', async () => {
    const { ask, backend } = setUp({ skip: ({ url }) => url === '/health' })
    expect(await ask('/health')).toEqual({ outcome: 'skip' })
    expect(backend.calls).toEqual([])
    expect(denied(await ask('/words')).code).toBe('credentials_missing')
  })

  it('counts the usage of a route, with the same client', async () => {
    const { gateway, backend } = setUp()
    const route = gateway.with({ usage: { hits: 2 } })
    allowed(await route.evaluate(viewOf({ url: GOOD })))
    allowed(await gateway.evaluate(viewOf({ url: GOOD })))
    expect(backend.emulator.usage()['2555417']?.good?.hits?.minute).toBe(3)
    expect(route.stats().decisions).toEqual(gateway.stats().decisions)
  })

  it('denies every request after close, on every route', async () => {
    const { gateway, ask } = setUp()
    const route = gateway.with({ usage: { hits: 2 } })
    await route.close()
    expect(denied(await ask(GOOD))).toMatchObject({ code: 'gateway_closed', status: 503 })
    expect(denied(await route.evaluate(viewOf({ url: GOOD }))).code).toBe('gateway_closed')
  })
})

describe('while the backend is down', () => {
  it("answers 503 under 'deny'", async () => {
    const { ask, backend } = setUp()
    backend.fail = DOWN
    expect(denied(await ask(GOOD))).toMatchObject({ code: 'backend_unavailable', status: 503 })
  })

  it("admits every caller under 'allow' and names the policy as the source", async () => {
    const { ask, backend } = setUp({ onUnavailable: 'allow' })
    backend.fail = DOWN
    expect(allowed(await ask(GOOD))).toMatchObject({ source: 'policy', plan: undefined, limits: [] })
  })
})

describe("mode 'observe'", () => {
  it('denies and counts nothing', async () => {
    const { ask, counted, backend, gateway } = setUp({ mode: 'observe' })
    expect(await ask('/words')).toEqual({ outcome: 'skip' })
    expect(await ask('/words?user_key=stranger')).toEqual({ outcome: 'skip' })
    allowed(await ask(GOOD))
    expect(counted()).toBe(0)
    expect(backend.calls.map(({ path }) => path.split('?')[0])).toEqual([
      '/transactions/authorize.xml',
      '/transactions/authorize.xml',
    ])
    expect(gateway.stats().decisions).toMatchObject({ user_key_invalid: 1, credentials_missing: 1 })
  })
})

it("lets a request pass in mode 'observe' when a callback throws, and says so without its message", async () => {
  for (const usage of [
    () => {
      throw new TypeError('mine')
    },
    () => Promise.reject(new TypeError('mine')),
  ]) {
    const logged: string[] = []
    const warn = (facts: object, message: string) => logged.push(JSON.stringify(facts) + message)
    const { ask } = setUp({ mode: 'observe', usage, logger: { ...quietLogger, warn } })
    expect(await ask(GOOD)).toEqual({ outcome: 'skip' })
    expect(logged.join()).toContain('TypeError')
    expect(logged.join()).not.toContain('mine')
  }
})

describe('check', () => {
  it('accepts good settings and says what it could not check', async () => {
    expect(await setUp().gateway.check()).toEqual({ ok: true, metrics: 'unchecked' })
  })

  it('checks metric names with the given credentials, and never counts', async () => {
    const { gateway, counted } = setUp({ usage: { hits: 1, lookup: 2 } })
    expect(await gateway.check({ credentials: { userKey: 'good-key' } })).toEqual({ ok: true, metrics: 'accepted' })
    expect(counted()).toBe(0)
    expect(await gateway.with({ usage: { nope: 1 } }).check({ credentials: { userKey: 'good-key' } })).toMatchObject({
      ok: false,
      code: 'metric_invalid',
    })
  })

  it('names a refused token and an unreachable backend', async () => {
    expect(await setUp({ serviceToken: 'wrong' }).gateway.check()).toMatchObject({
      ok: false,
      code: 'service_token_invalid',
    })
    const { gateway, backend } = setUp()
    backend.fail = DOWN
    expect(await gateway.check()).toMatchObject({ ok: false, code: 'ERR_THREESCALE_TRANSPORT' })
  })
})

describe('explain', () => {
  it('shows the service, the masked credentials, each rule and the call, and makes no call', async () => {
    const { gateway, backend } = setUp({
      usage: undefined,
      mappingRules: [
        { method: 'GET', pattern: '/v1/words/{word}', metric: 'lookup' },
        { method: 'POST', pattern: '/v1/words', metric: 'hits' },
      ],
    })
    const explanation = await gateway.explain(viewOf({ url: '/v1/words/apple?user_key=good-key' }))
    expect(explanation).toMatchObject({
      outcome: 'ask',
      service: '2555417',
      credentials: { kind: 'user key', foundIn: 'query', masked: '***' },
      usage: { lookup: 1 },
      call: 'authrep service_id=2555417 user_key=*** usage[lookup]=1',
    })
    expect(explanation.rules.map(({ matched }) => matched)).toEqual([true, false])
    expect(await gateway.explain(viewOf({ url: '/v1/words/apple' }))).toMatchObject({
      outcome: 'deny',
      code: 'credentials_missing',
    })
    expect(await gateway.explain(viewOf({ url: '/other?user_key=x' }))).toMatchObject({
      outcome: 'deny',
      code: 'no_mapping_rule',
    })
    expect(backend.calls).toEqual([])
  })

  const byId = { url: '/?app_id=s3cr3t&app_key=s3cr3t' }
  const ofIds: Partial<GatewayOptions> = { serviceId: '2555418', credentials: { kind: 'appId' } }
  const token = { clientId: 's3cr3t', appKey: 's3cr3t', redirectUrl: 'http://s3cr3t/' }
  it.each<[string, Partial<GatewayOptions>, RequestParts]>([
    ['a user key', {}, { url: '/?user_key=s3cr3t' }],
    ['an application', ofIds, byId],
    ['an application without key', ofIds, { url: '/?app_id=s3cr3t' }],
    ['a cache', { cache: true, usage: { hits: 1, other: 2 } }, { url: '/?user_key=s3cr3t' }],
    ['usage known later', { usageAfter: () => ({ hits: 5 }) }, { url: '/?user_key=s3cr3t' }],
    ['observing', { mode: 'observe' }, { url: '/?user_key=s3cr3t' }],
    ['a referrer', { referrer: true }, { url: '/?user_key=s3cr3t', headers: { referer: 'http://s3cr3t.test/' } }],
    ['OAuth', { serviceId: '2555419', credentials: () => token }, {}],
    [
      'a provider key',
      { serviceId: undefined, serviceToken: undefined, providerKey: 'demo-provider-key' },
      GOOD_REQUEST,
    ],
  ])('law 5: shows the call that is made, with masked secrets: %s', async (_what, options, request) => {
    const { gateway, backend } = setUp(options)
    const { call } = await gateway.explain(viewOf(request))
    await gateway.evaluate(viewOf(request))
    const made = new URL(backend.calls[0]!.path, 'http://backend')
    const credentials = ['service_token', 'provider_key']
    const parameters = [...made.searchParams].filter(([name]) => !credentials.includes(name)).map(maskedParameter)
    expect(call).not.toContain('s3cr3t')
    expect(call?.split(' ').toSorted()).toEqual([/(\w+)\.xml/.exec(made.pathname)![1]!, ...parameters].toSorted())
  })

  it('shows what is denied before any call', async () => {
    const bad = setUp({ usage: () => ({ hits: -1 }) }).gateway
    expect(await bad.explain(viewOf({ url: GOOD }))).toMatchObject({ outcome: 'deny', code: 'gateway_misconfigured' })
    const latin1 = viewOf({ url: GOOD, headers: { referer: 'http://caf\xe9/' } })
    const strict = setUp({ referrer: true }).gateway
    expect(await strict.explain(latin1)).toMatchObject({ outcome: 'deny', code: 'credentials_malformed' })
  })
})

const GOOD_REQUEST: RequestParts = { url: '/?user_key=good-key' }

function maskedParameter([name, value]: [string, string]): string {
  return `${name}=${name === 'service_id' || name.startsWith('usage[') ? value : '***'}`
}

describe('the referrer', () => {
  it('is sent byte by byte as it was received', async () => {
    const { gateway, backend } = setUp({ referrer: true })
    const referer = Buffer.from('http://café.test/').toString('latin1')
    await gateway.evaluate(viewOf({ url: GOOD, headers: { referer } }))
    expect(new URL(backend.calls[0]!.path, 'http://backend').searchParams.get('referrer')).toBe('http://café.test/')
  })

  it.each([
    ['a header', { referrer: true }],
    ['a function', { referrer: () => '\ud800' }],
    ['a function that waits', { referrer: async () => '\ud800' }],
  ])('law 3: is the fault of the caller if it is not UTF-8: %s', async (_from, options) => {
    const { gateway, backend } = setUp(options)
    const decision = await gateway.evaluate(viewOf({ url: GOOD, headers: { referer: 'http://caf\xe9.test/' } }))
    expect(denied(decision)).toMatchObject({ code: 'credentials_malformed', reason: 'the referrer is not valid UTF-8' })
    expect(backend.calls).toEqual([])
  })

  /** Every application of the backend then requires a referrer that matches the filter. */
  function requireReferrer({ emulator }: ReturnType<typeof createEmulatedBackend>, filter: string): void {
    const state = emulator.state()
    const filtered = state.services.map((service) => ({
      ...service,
      referrer_filters_required: true,
      applications: service.applications!.map((application) => ({ ...application, referrer_filters: [filter] })),
    }))
    emulator.setState({ ...state, services: filtered })
  }

  it.each<[string, Partial<GatewayOptions>]>([
    ['a header', { referrer: true }],
    ['a header, cached', { referrer: true, cache: true }],
    ['a function', { referrer: (view) => view.header('referer') }],
    ['a function that waits', { referrer: async (view) => view.header('referer') }],
    ['a function, cached', { referrer: () => '*', cache: true }],
  ])('the text `*` is never passed on, so it passes no filter: %s', async (_from, options) => {
    const { gateway, backend, counted } = setUp(options)
    requireReferrer(backend, 'partner.test')
    const ask = async (referer: string) => await gateway.evaluate(viewOf({ url: GOOD, headers: { referer } }))
    expect(denied(await ask('*'))).toMatchObject({ code: 'referrer_not_allowed', reason: 'referrer is missing' })
    const sent = backend.calls.map(({ path }) => new URL(path, 'http://backend').searchParams.get('referrer'))
    expect(sent).toEqual([''])
    for (const padded of ['* ', ' *', '**', '%2A', '*\t']) {
      expect(denied(await ask(padded))).toMatchObject({ code: 'referrer_not_allowed' })
    }
    expect(counted()).toBe(0)
  })

  it('the text `*` matches the filters that it matches as a text', async () => {
    const { gateway, backend } = setUp({ referrer: true })
    requireReferrer(backend, '*')
    allowed(await gateway.evaluate(viewOf({ url: GOOD, headers: { referer: '*' } })))
    requireReferrer(backend, '*.test')
    denied(await gateway.evaluate(viewOf({ url: GOOD, headers: { referer: '*' } })))
  })

  it('law 5: is masked in a reason that quotes it', async () => {
    const { gateway, backend } = setUp({ referrer: true })
    requireReferrer(backend, 'a.test')
    const decision = await gateway.evaluate(viewOf({ url: GOOD, headers: { referer: 'http://s3cr3t.test/?t=s3cr3t' } }))
    expect(denied(decision)).toMatchObject({ code: 'referrer_not_allowed' })
    expect(JSON.stringify(decision)).not.toContain('s3cr3t')
  })
})

describe('stripping while observing', () => {
  it.each<[string, string, Partial<GatewayOptions>]>([
    ['is let in', '/?user_key=good-key&a=1', {}],
    ['would be denied by 3scale', '/?user_key=s3cr3t&a=1', {}],
    ['matches no rule', '/?user_key=s3cr3t&a=1', { usage: undefined, mappingRules: [] }],
    ['has credentials that cannot be read', '/?user_key=s3cr3t%zz&a=1', {}],
    ['is measured by a function that fails', '/?user_key=s3cr3t&a=1', { usage: () => ({ hits: -1 }) }],
  ])('handlers do not see the credentials of a request that %s', async (_what, url, options) => {
    const { gateway } = setUp({ mode: 'observe', stripCredentials: true, logger: quietLogger, ...options })
    const view = viewOf({ url })
    expect((await gateway.evaluate(view)).outcome).not.toBe('deny')
    expect(view.url).toBe('/?a=1')
  })
})
