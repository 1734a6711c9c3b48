import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { createEmulatedBackend } from '../../../../test/support/emulated-backend.ts'
import { quietLogger } from '../../../../test/support/quiet-logger.ts'
import { TYPE } from '../../../../test/support/socket-backend.ts'
import { TRANSPORT } from '../../src/client/transport/transport.ts'
import type { GatewayOptions } from '../../src/configuration/options/gateway-options.ts'
import { TransportError } from '../../src/errors.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import { viewOf } from '../requests.ts'

/** A gateway whose backend refuses every call with the code. */
function refusedWith(code: string, status: number) {
  const body = `<?xml version="1.0" encoding="UTF-8"?><error code="${code}">refused</error>`
  return createGateway({
    serviceId: '2555417',
    serviceToken: 'demo-token',
    [TRANSPORT]: { request: async () => ({ status, headers: { 'content-type': TYPE }, body: Buffer.from(body) }) },
  } as Parameters<typeof createGateway>[0])
}

describe('the check of the settings tells what to do when the backend refuses', () => {
  it.each([
    ['service_token_invalid', 403, /^check serviceToken and serviceId: .* Service Management API$/],
    ['provider_key_invalid', 403, /^check providerKey, and give serviceId/],
    ['provider_key_invalid_or_service_missing', 403, /^check providerKey, and give serviceId/],
    ['service_id_invalid', 403, /^check serviceId: it is the numeric id/],
    ['service_id_missing', 422, /^check serviceId: it is the numeric id/],
    ['metric_invalid', 404, /^a metric in usage, mappingRules or metrics does not exist/],
    ['oauth_not_enabled', 403, /^the service does not use OAuth/],
    // It has no hint of its own.
    ['usage_value_invalid', 403, /^3scale refuses how this gateway is set up/],
  ])('%s', async (code, status, hint) => {
    expect(await refusedWith(code, status).check()).toEqual({ ok: false, code, hint: expect.stringMatching(hint) })
  })

  it('and says why when it could not be asked', async () => {
    const backend = createEmulatedBackend()
    backend.fail = () => new TransportError('the cable is cut', { sent: false })
    const gateway = createGateway({ serviceId: '2555417', serviceToken: 'demo-token', ...backend.seams })
    expect(await gateway.check()).toEqual({
      ok: false,
      code: 'ERR_THREESCALE_TRANSPORT',
      hint: expect.stringMatching(/^the backend could not be asked: .*the cable is cut/),
    })
  })
})

describe('the check is good only after an answer of 3scale about our credentials', () => {
  const answering = (answer: { status: number; headers: object; body: string }) =>
    createGateway({
      serviceId: '2555417',
      serviceToken: 'demo-token',
      backendUrl: 'http://127.0.0.1:8080/3scale',
      [TRANSPORT]: { request: async () => ({ ...answer, body: Buffer.from(answer.body) }) },
    } as object as Parameters<typeof createGateway>[0])

  it.each([
    [404, { 'content-type': 'text/plain' }, 'default backend - 404'],
    [403, { 'content-type': 'text/html' }, '<html>blocked</html>'],
    [401, {}, ''],
    [404, { 'content-type': TYPE }, ''],
    [403, { 'content-type': TYPE }, ''],
    [200, { 'content-type': 'text/html' }, '<html>welcome</html>'],
    [302, { location: 'https://login.test/' }, ''],
  ])('not after a foreign %i with %o', async (status, headers, body) => {
    expect(await answering({ status, headers, body }).check()).toEqual({
      ok: false,
      code: 'ERR_THREESCALE_PROTOCOL',
      hint: expect.stringMatching(/^127\.0\.0\.1:8080 does not answer as 3scale: .*check backendUrl and its path/),
    })
  })

  it.each(['bad_request', 'not_valid_data'])(
    'not after %s, which 3scale answers before it looks at them',
    async (code) => {
      expect(await refusedWith(code, 400).check()).toMatchObject({ ok: false, code })
    },
  )

  it('not where the credentials are too long to be asked about', async () => {
    const credentials = { userKey: 'k'.repeat(20_000) }
    expect(await refusedWith('user_key_invalid', 403).check({ credentials })).toMatchObject({
      ok: false,
      code: 'request_too_large',
    })
    expect(await refusedWith('user_key_invalid', 403).check()).toEqual({ ok: true, metrics: 'unchecked' })
  })
})

describe('the check of the kind of credentials', () => {
  const check = (serviceId: string, credentials?: GatewayOptions['credentials']) =>
    createGateway({ serviceId, serviceToken: 'demo-token', credentials, ...createEmulatedBackend().seams }).check()
  const wrong = (code: string, hint: RegExp) => ({ ok: false, code, hint: expect.stringMatching(hint) })
  const good = { ok: true, metrics: 'unchecked' }

  it.each([
    ['user keys', '2555417', undefined, good],
    ['application ids', '2555418', { kind: 'appId' }, good],
    [
      'user keys, though the product takes application ids',
      '2555418',
      undefined,
      wrong('application_not_found', /'appId'/),
    ],
    [
      'user keys, though the product takes tokens',
      '2555419',
      { kind: 'userKey' },
      wrong('application_not_found', /'oidc'/),
    ],
    [
      'application ids, though the product takes keys',
      '2555417',
      { kind: 'appId' },
      wrong('user_key_invalid', /'userKey'/),
    ],
    ['what a function says', '2555418', () => undefined, good],
  ] as const)('with %s', async (_case, serviceId, credentials, result) => {
    expect(await check(serviceId, credentials)).toEqual(result)
  })
})

describe('a gateway whose product knows callers by another kind of credentials', () => {
  async function told(
    serviceId: string,
    options: Pick<GatewayOptions, 'credentials' | 'cache'>,
    urls: readonly string[],
  ): Promise<unknown[]> {
    const warn = vi.fn()
    const gateway = createGateway({
      ...{ serviceId, serviceToken: 'demo-token', ...options, ...createEmulatedBackend().seams },
      logger: { ...quietLogger, warn },
    })
    for (const url of urls) expect(await gateway.evaluate(viewOf({ url }))).toMatchObject({ outcome: 'deny' })
    await gateway.close()
    return warn.mock.calls
  }

  it.each([
    ['application ids', '2555418', {}, 'user_key', /service 2555418 are denied.*application id.*'appId'/],
    ['application ids', '2555418', { cache: true }, 'user_key', /'appId'/],
    ['tokens', '2555419', {}, 'user_key', /'oidc'/],
    ['user keys', '2555417', { credentials: { kind: 'appId' } }, 'app_id', /by user key.*'userKey'/],
  ] as const)('tells the operator once: %s', async (_, serviceId, options, name, sentence) => {
    const code = 'THREESCALE_CREDENTIALS_KIND'
    const urls = [`/?${name}=one`, `/?${name}=two`]
    expect(await told(serviceId, options, urls)).toEqual([
      [expect.objectContaining({ code, service: serviceId }), expect.stringMatching(sentence)],
    ])
  })

  it.each([
    ['2555417', {}, 'user_key'],
    ['2555418', { credentials: { kind: 'appId' } }, 'app_id'],
  ] as const)('is never seen in what callers of the right kind send to %s', async (serviceId, options, name) => {
    const codes = ['application_not_found', 'user_key_invalid'].map((code) => `</error><error code="${code}">`)
    const texts = [...fc.sample(fc.string({ unit: 'binary' }), 100), ...codes, ' ', '\0', '&user_key=x', '&app_id=x']
    const urls = texts.map((text) => `/?${name}=${encodeURIComponent(text)}`)
    expect(await told(serviceId, options, urls)).toEqual([])
  })
})

it('says nothing of the kind of callers when a question of our own is of another kind', async () => {
  const warn = vi.fn()
  const backend = createEmulatedBackend()
  const gateway = createGateway({
    ...{ serviceId: '2555417', serviceToken: 'demo-token', cache: true, ...backend.seams },
    logger: { ...quietLogger, warn },
  })
  expect(await gateway.evaluate(viewOf({ url: '/?user_key=unlimited-key' }))).toMatchObject({ outcome: 'allow' })
  backend.fail = ({ method }) => (method === 'POST' ? new TransportError('reset', { sent: false }) : undefined)
  const closed = gateway.close()
  await backend.clock.advance(20_000)
  await closed
  const asked = backend.calls.map(({ path }) => path)
  expect(asked.filter((path) => path.includes('app_id='))).not.toEqual([])
  expect(warn.mock.calls.map(([facts]) => facts.code)).not.toContain('THREESCALE_CREDENTIALS_KIND')
})

describe('the check of metric names', () => {
  it('passes although the application is over its limits, because the backend checks these last', async () => {
    const gateway = createGateway({
      serviceId: '2555417',
      serviceToken: 'demo-token',
      ...createEmulatedBackend().seams,
    })
    for (let call = 0; call < 6; call++) await gateway.evaluate(viewOf({ url: '/?user_key=good-key' }))
    expect(await gateway.check({ credentials: { userKey: 'good-key' } })).toEqual({ ok: true, metrics: 'accepted' })
  })
})
