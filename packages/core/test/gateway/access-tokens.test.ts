/** Gateways whose callers send access tokens, with an identity provider on a socket and the emulator as backend. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { EmulatorState } from '@threescale/emulator'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createSigningKey, signToken } from '../../../../test/support/access-token.ts'
import { createEmulatedBackend } from '../../../../test/support/emulated-backend.ts'
import { everythingOf } from '../../../../test/support/everything-of.ts'
import { startIdentityProvider } from '../../../../test/support/identity-provider.ts'
import { settled } from '../../../../test/support/manual-clock.ts'
import { takeWarnings } from '../../../../test/support/warnings.ts'
import type { GatewayOptions } from '../../src/configuration/options/gateway-options.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import { CHANNELS } from '../../src/observe/channels.ts'
import type { DecisionMessage, KeysMessage } from '../../src/observe/messages.ts'
import { viewOf } from '../requests.ts'

const key = createSigningKey('one')
const other = createSigningKey('two')

const STATE: EmulatorState = {
  services: [
    {
      id: '7',
      service_tokens: ['token'],
      backend_version: 'oauth',
      metrics: [{ id: '1', name: 'hits' }],
      plans: [{ id: 'basic', name: 'Basic', limits: [{ metric: 'hits', period: 'minute', value: 3 }] }],
      applications: [
        { id: 'app-1', plan: 'basic' },
        { id: 'app-2', plan: 'basic', state: 'suspended' },
      ],
    },
    {
      id: '8',
      service_tokens: ['token'],
      backend_version: '1',
      metrics: [{ id: '2', name: 'hits' }],
      plans: [{ id: 'free', name: 'Free' }],
      applications: [{ id: 'keyed', plan: 'free', user_keys: ['good-key'] }],
    },
  ],
}

/** Refreshes at the end of their time, as the clock must not run on while a real socket is waited for. */
beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(1)
})

/** Messages of a channel that are published during the test. */
function listenTo<Message>(channel: string): Message[] {
  const messages: Message[] = []
  const listen = (message: unknown) => void messages.push(message as Message)
  subscribe(channel, listen)
  onTestFinished(() => {
    unsubscribe(channel, listen)
  })
  return messages
}

async function setUp(options: (issuer: string) => Partial<GatewayOptions> = () => ({}), logged: unknown[] = []) {
  const provider = await startIdentityProvider([key])
  const backend = createEmulatedBackend()
  backend.emulator.setState(STATE)
  const note = (...line: unknown[]) => void logged.push(line)
  const gateway = createGateway({
    serviceId: '7',
    serviceToken: 'token',
    credentials: { kind: 'oidc', issuer: provider.issuer },
    logger: { debug: note, info: note, warn: note, error: note },
    ...options(provider.issuer),
    ...backend.seams,
  })
  onTestFinished(async () => {
    await gateway.close()
    await provider.close()
  })
  const token = (claims: object = {}, by = key) =>
    signToken(by, { now: backend.clock.now(), issuer: provider.issuer, ...claims })
  const ask = (sent: string | undefined, host?: string) => {
    const headers = sent === undefined ? {} : { authorization: `Bearer ${sent}` }
    return gateway.evaluate({ ...viewOf({ url: '/words', headers }), host })
  }
  return { provider, backend, gateway, token, ask, logged }
}

const byDocument = (issuer: string, proxy: object = {}) => ({
  serviceId: undefined,
  serviceToken: undefined,
  credentials: undefined,
  proxyConfig: {
    id: 7,
    backend_version: 'oauth',
    backend_authentication_type: 'service_token',
    backend_authentication_value: 'token',
    proxy: {
      authentication_method: 'oidc',
      oidc_issuer_endpoint: issuer,
      credentials_location: 'headers',
      hosts: ['tokens.example'],
      backend: { endpoint: 'https://su1.3scale.net' },
      proxy_rules: [{ http_method: 'GET', pattern: '/', metric_system_name: 'hits', delta: 1 }],
      ...proxy,
    },
  },
})

describe('a gateway whose credentials are access tokens', () => {
  it('asks by oauth_authrep with the client id, and never sends the token', async () => {
    const { ask, token, backend } = await setUp()
    const sent = token()
    expect(await ask(sent)).toMatchObject({ outcome: 'allow', application: { id: 'app-1' } })
    const [call] = backend.calls
    expect(call!.path).toMatch(/^\/transactions\/oauth_authrep\.xml\?.*app_id=app-1/)
    expect(JSON.stringify(backend.calls.map(({ path, headers, body }) => [path, headers, body]))).not.toContain('.eyJ')
  })

  it('passes on what 3scale says about the application', async () => {
    const { ask, token } = await setUp()
    expect(await ask(token({ azp: 'app-2' }))).toMatchObject({ status: 403, code: 'application_not_active' })
    expect(await ask(token({ azp: 'app-9' }))).toMatchObject({ status: 403, code: 'application_not_found' })
    for (let request = 0; request < 3; request++) await ask(token())
    expect(await ask(token())).toMatchObject({ status: 429 })
  })

  it('challenges by Bearer, and says of a token that was sent that it is invalid, but not why', async () => {
    const decisions = listenTo<DecisionMessage>(CHANNELS.decision)
    const { ask, token } = await setUp()
    const missing = await ask(undefined)
    expect(missing).toMatchObject({ status: 401, code: 'credentials_missing' })
    expect(missing).toMatchObject({ headers: { 'www-authenticate': 'Bearer realm="3scale"' } })
    const expired = await ask(token({ exp: 1 }))
    expect(expired).toMatchObject({
      status: 401,
      code: 'token_invalid',
      reason: 'the access token is not accepted',
      headers: { 'www-authenticate': 'Bearer realm="3scale", error="invalid_token"' },
    })
    expect(JSON.stringify(expired)).not.toContain('expired')
    expect(decisions.map(({ code, fault }) => [code, fault])).toEqual([
      ['credentials_missing', undefined],
      ['token_invalid', 'token_expired'],
    ])
  })

  it('answers by the texts of a document, and challenges only with status 401', async () => {
    const texts = { error_auth_failed: 'No', error_status_auth_failed: 418, error_status_auth_missing: 402 }
    const { ask, token } = await setUp((issuer) => byDocument(issuer, texts))
    for (const denied of [await ask('x'), await ask(token({ azp: 'app-2' }))]) {
      expect(denied).toMatchObject({ status: 418, body: 'No' })
      expect(denied).not.toHaveProperty('headers.www-authenticate')
    }
    expect(await ask(undefined)).toMatchObject({ status: 402 })
    const unauthorized = await setUp((issuer) => byDocument(issuer, { error_status_auth_failed: 401 }))
    expect(await unauthorized.ask('x')).toMatchObject({
      headers: { 'www-authenticate': 'Bearer realm="3scale", error="invalid_token"' },
    })
    expect(await unauthorized.ask(unauthorized.token({ azp: 'app-2' }))).toMatchObject({
      headers: { 'www-authenticate': 'Bearer realm="3scale"' },
    })
  })

  it('applies the option oidc to the products of a document', async () => {
    const { ask, token } = await setUp((issuer) => ({
      ...byDocument(issuer, { jwt_claim_with_client_id: 'appid' }),
      oidc: { audience: 'words', clientId: (claims) => `${claims.appid}-1`, clockToleranceMs: 1000 },
    }))
    expect(await ask(token({ aud: ['words'], appid: 'app' }))).toMatchObject({ application: { id: 'app-1' } })
    expect(await ask(token({ appid: 'app' }))).toMatchObject({ outcome: 'deny' })
    const named = await setUp((issuer) => ({ ...byDocument(issuer), oidc: { clientId: 'cid', issuer: 'urn:other' } }))
    expect(await named.ask(named.token({ cid: 'app-1', iss: 'urn:other' }))).toMatchObject({ outcome: 'allow' })
  })

  it('denies a bad token before rules are looked at', async () => {
    const { ask, token } = await setUp(() => ({
      mappingRules: [{ method: 'GET', pattern: '/elsewhere', metric: 'hits' }],
    }))
    expect(await ask('x')).toMatchObject({ code: 'token_invalid' })
    expect(await ask(token())).toMatchObject({ code: 'no_mapping_rule' })
  })
})

describe('with a cache', () => {
  it('all tokens of an application share its place and its limits', async () => {
    const { ask, token, backend } = await setUp(() => ({ cache: true }))
    expect(await ask(token({ sub: 'a' }))).toMatchObject({ outcome: 'allow' })
    const calls = backend.calls.length
    expect(calls).toBe(1)
    expect(backend.calls[0]!.path).toContain('/oauth_authorize.xml')
    for (const sub of ['b', 'c']) expect(await ask(token({ sub }))).toMatchObject({ outcome: 'allow', source: 'cache' })
    expect(await ask(token({ sub: 'd' }))).toMatchObject({ status: 429 })
    expect(backend.calls).toHaveLength(calls)
  })

  it('law 12: a known token of a known application is decided at once', async () => {
    const { ask, token } = await setUp(() => ({ cache: true }))
    const sent = token()
    await ask(sent)
    expect(ask(sent)).toMatchObject({ outcome: 'allow', source: 'cache' })
  })

  it('a token that has expired is refused, although its application is known', async () => {
    const { ask, token, backend } = await setUp(() => ({ cache: true }))
    const sent = token({ exp: backend.clock.now() / 1000 + 5 })
    await ask(sent)
    await backend.clock.advance(5000)
    expect(await ask(sent)).toMatchObject({ code: 'token_invalid' })
  })
})

describe('the identity provider', () => {
  it('may rotate its keys: the new one is fetched by the first token that names it', async () => {
    const keys = listenTo<KeysMessage>(CHANNELS.keys)
    const { ask, token, provider } = await setUp()
    expect(await ask(token())).toMatchObject({ outcome: 'allow' })
    provider.keys = [key, other]
    expect(await ask(token({}, other))).toMatchObject({ outcome: 'allow' })
    expect(keys.map((message) => [message.event, message.keys, message.issuer])).toEqual([
      ['changed', 1, provider.issuer],
      ['changed', 2, provider.issuer],
    ])
    // What did not change is not sent again.
    expect(provider.confirmed).toBe(1)
  })

  it('may withdraw a key: its tokens end with the next fetch', async () => {
    const keys = listenTo<KeysMessage>(CHANNELS.keys)
    const { ask, token, provider, backend } = await setUp()
    const sent = token({ exp: backend.clock.now() / 1000 + 3600 })
    expect(await ask(sent)).toMatchObject({ outcome: 'allow' })
    provider.keys = [other]
    await backend.clock.advance(300_000)
    await expect.poll(() => keys.length).toBe(2)
    expect(await ask(sent)).toMatchObject({ code: 'token_invalid' })
  })

  it.each([
    ['down', (_: unknown, response) => void response.destroy()],
    ['broken', (_: unknown, response) => void response.writeHead(500).end()],
    ['a page', (_: unknown, response) => void response.writeHead(200).end('<html>Hello</html>')],
    ['elsewhere', (_: unknown, response) => void response.writeHead(302, { location: '/' }).end()],
    ['huge', (_: unknown, response) => void response.writeHead(200).end(Buffer.alloc(1_000_000, '['))],
  ] as [string, NonNullable<Awaited<ReturnType<typeof startIdentityProvider>>['answer']>][])(
    'may be %s at start: 503 until the keys are there',
    async (_what, answer) => {
      const { ask, token, provider, backend, gateway, logged } = await setUp()
      provider.answer = answer
      expect(await ask(token())).toMatchObject({ status: 503, code: 'issuer_unavailable', retryAfterMs: 1000 })
      expect(await ask(undefined)).toMatchObject({ status: 401 })
      expect(await ask('not a token')).toMatchObject({ status: 401, code: 'token_invalid' })
      expect(await gateway.check()).toMatchObject({ ok: false, code: 'issuer_unavailable' })
      const requests = provider.requests.length
      for (let request = 0; request < 20; request++) await ask(token())
      expect(provider.requests).toHaveLength(requests)
      expect(JSON.stringify(logged)).toContain('no access token is accepted until they can')
      provider.answer = undefined
      const keys = listenTo<KeysMessage>(CHANNELS.keys)
      await backend.clock.advance(1000)
      await expect.poll(() => keys.length).toBe(1)
      expect(await ask(token())).toMatchObject({ outcome: 'allow' })
      expect(await gateway.check()).toEqual({ ok: true, metrics: 'unchecked', keys: 'current' })
    },
  )

  it('may go down later: its last keys stay in use, and the operator is told', async () => {
    const keys = listenTo<KeysMessage>(CHANNELS.keys)
    const { ask, token, provider, backend, gateway, logged } = await setUp()
    await ask(token())
    provider.answer = (_request, response) => void response.destroy()
    await backend.clock.advance(300_000)
    await expect.poll(() => keys.length).toBe(2)
    expect(await ask(token())).toMatchObject({ outcome: 'allow' })
    expect(await ask(token({}, other))).toMatchObject({ code: 'token_invalid' })
    expect(await gateway.check()).toEqual({ ok: true, metrics: 'unchecked', keys: 'stale' })
    expect(JSON.stringify(logged)).toContain('those that were read before stay in use')
  })

  it('may be slow: a request waits for a second at most', async () => {
    const { ask, token, provider, backend } = await setUp()
    let answer = () => {}
    provider.answer = (_request, response) => {
      answer = () => void response.writeHead(500).end()
    }
    const decision = ask(token())
    await expect.poll(() => provider.requests.length).toBe(1)
    await backend.clock.advance(999)
    let decided = false
    void Promise.resolve(decision).then(() => {
      decided = true
    })
    await settled()
    expect(decided).toBe(false)
    await backend.clock.advance(1)
    expect(await decision).toMatchObject({ status: 503 })
    answer()
  })

  it('may name itself otherwise than its address: that name counts, and a warning tells it', async () => {
    const { ask, token, provider, logged } = await setUp()
    provider.discovery = { issuer: 'https://sso.example.com/realms/acme' }
    expect(await ask(token())).toMatchObject({ code: 'token_invalid' })
    expect(await ask(token({ iss: 'https://sso.example.com/realms/acme' }))).toMatchObject({ outcome: 'allow' })
    expect(JSON.stringify(logged)).toContain('THREESCALE_ISSUER_DIFFERS')
  })

  it('law 11: is not called before the first token, nor after the end', async () => {
    const { ask, token, provider, backend, gateway } = await setUp()
    await backend.clock.advance(600_000)
    await ask(undefined)
    expect(provider.requests).toEqual([])
    await ask(token())
    expect(provider.requests).toHaveLength(2)
    await gateway.close()
    await backend.clock.advance(600_000)
    expect(provider.requests).toHaveLength(2)
    expect(backend.clock.timers).toBe(0)
  })

  it('holds no connection of a gateway that is closed', async () => {
    const { ask, token, provider, backend, gateway, logged } = await setUp()
    let ended = false
    provider.answer = (request) => {
      request.socket.once('close', () => {
        ended = true
      })
    }
    const decision = ask(token())
    await expect.poll(() => provider.requests.length).toBe(1)
    await gateway.close()
    await expect.poll(() => ended).toBe(true)
    expect(await decision).toMatchObject({ status: 503 })
    expect(JSON.stringify(logged)).not.toContain('cannot be read')
    expect(backend.clock.timers).toBe(0)
  })

  it('is asked once for all products that use it', async () => {
    const { ask, token, provider } = await setUp((issuer) => {
      const { proxyConfig } = byDocument(issuer)
      const second = { ...proxyConfig, id: 9, proxy: { ...proxyConfig.proxy, hosts: ['more.example'] } }
      return { ...byDocument(issuer), proxyConfig: { services: [proxyConfig, second] } }
    })
    expect(await ask(token(), 'tokens.example')).toMatchObject({ outcome: 'allow' })
    await ask(token({ sub: 'b' }), 'more.example')
    expect(provider.requests).toHaveLength(2)
  })
})

describe('a document in which one service cannot be used', () => {
  const setUpTwo = () =>
    setUp((issuer) => {
      const { proxyConfig } = byDocument(issuer)
      const keyed = {
        ...proxyConfig,
        id: 8,
        backend_version: '1',
        proxy: {
          ...proxyConfig.proxy,
          authentication_method: '1',
          hosts: ['keys.example'],
          credentials_location: 'query',
        },
      }
      const broken = { ...proxyConfig, proxy: { ...proxyConfig.proxy, oidc_issuer_endpoint: '' } }
      return { ...byDocument(issuer), proxyConfig: { services: [broken, keyed] } }
    })

  it('law 18: serves the others, and answers 503 for that one', async () => {
    const { ask, token, gateway, logged } = await setUpTwo()
    const byKey = viewOf({ url: '/words?user_key=good-key' })
    expect(await gateway.evaluate({ ...byKey, host: 'keys.example' })).toMatchObject({ outcome: 'allow', service: '8' })
    expect(await ask(token(), 'Tokens.example:443')).toMatchObject({ status: 503, code: 'service_unusable' })
    expect(await ask(token(), 'else.example')).toMatchObject({ status: 404 })
    expect(await ask(token())).toMatchObject({ status: 404 })
    expect(await gateway.explain({ ...byKey, host: 'tokens.example' })).toMatchObject({ code: 'service_unusable' })
    expect(JSON.stringify(logged)).toContain('service 7 cannot be used')
    expect(await gateway.check()).toMatchObject({ ok: false, code: 'service_unusable' })
  })
})

describe('secrets', () => {
  it('law 5: a token is in no log, channel, denial, explanation or error', async () => {
    const seen: unknown[] = []
    for (const channel of Object.values(CHANNELS)) seen.push(listenTo(channel))
    const { ask, token, gateway, logged, backend } = await setUp(() => ({ cache: true }))
    const tokens = [token(), token({ exp: 1 }), token({ azp: 'app-9' }), token({}, other)]
    for (const sent of tokens) seen.push(await ask(sent))
    for (const sent of tokens) {
      seen.push(await gateway.explain(viewOf({ headers: { authorization: `Bearer ${sent}` } })))
    }
    await backend.clock.advance(60_000)
    seen.push(gateway, gateway.stats(), gateway.options, logged)
    const shown = seen.map(everythingOf).join('\n')
    expect(shown.length).toBeGreaterThan(5000)
    for (const sent of tokens) {
      const [, payload, signature] = sent.split('.') as [string, string, string]
      expect(shown).not.toContain(payload)
      expect(shown).not.toContain(signature)
    }
  })

  it('a provider that cannot be asked is told once without a logger', async () => {
    const { ask, token, provider } = await setUp(() => ({ logger: undefined }))
    provider.answer = (_request, response) => void response.destroy()
    await ask(token())
    expect(await takeWarnings()).toEqual(['THREESCALE_KEYS_UNAVAILABLE'])
  })
})

it('explains a token that is refused', async () => {
  const { gateway, token } = await setUp()
  const view = (sent: string) => viewOf({ url: '/words', headers: { authorization: `Bearer ${sent}` } })
  expect(await gateway.explain(view(token()))).toMatchObject({
    outcome: 'ask',
    call: 'oauth_authrep service_id=7 app_id=*** usage[hits]=1',
  })
  expect(await gateway.explain(view(token({ aud: undefined })))).toMatchObject({
    outcome: 'deny',
    code: 'token_invalid',
    credentials: { fault: 'aud_missing' },
  })
})
