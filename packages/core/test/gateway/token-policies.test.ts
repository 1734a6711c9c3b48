/** Policies that look at access tokens, with an identity provider on a socket and the emulator as backend. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createSigningKey, signToken } from '../../../../test/support/access-token.ts'
import { createEmulatedBackend } from '../../../../test/support/emulated-backend.ts'
import { startIdentityProvider } from '../../../../test/support/identity-provider.ts'
import { quietLogger } from '../../../../test/support/quiet-logger.ts'
import type { GatewayOptions } from '../../src/configuration/options/gateway-options.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import { CHANNELS } from '../../src/observe/channels.ts'
import type { DecisionMessage } from '../../src/observe/messages.ts'
import { viewOf } from '../requests.ts'

const key = createSigningKey('one')

/** Refreshes at the end of their time, as the clock must not run on while a real socket is waited for. */
beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(1)
})

async function setUp(policies: readonly object[], more: (issuer: string) => Partial<GatewayOptions> = () => ({})) {
  const provider = await startIdentityProvider([key])
  const backend = createEmulatedBackend()
  backend.emulator.setState({
    services: [
      {
        id: '7',
        service_tokens: ['token'],
        backend_version: 'oauth',
        metrics: [{ id: '1', name: 'hits' }],
        plans: [{ id: 'basic', name: 'Basic' }],
        applications: [{ id: 'app-1', plan: 'basic' }],
      },
    ],
  })
  const gateway = createGateway({
    proxyConfig: {
      id: 7,
      backend_version: 'oauth',
      backend_authentication_type: 'service_token',
      backend_authentication_value: 'token',
      proxy: {
        authentication_method: 'oidc',
        oidc_issuer_endpoint: provider.issuer,
        credentials_location: 'headers',
        policy_chain: [...policies, { name: 'apicast' }],
        proxy_rules: [{ http_method: 'GET', pattern: '/', metric_system_name: 'hits', delta: 1 }],
      },
    },
    logger: quietLogger,
    ...more(provider.issuer),
    ...backend.seams,
  })
  onTestFinished(async () => {
    await gateway.close()
    await provider.close()
  })
  const view = (sent: string | undefined, url = '/words') => {
    return viewOf({ url, headers: sent === undefined ? {} : { authorization: `Bearer ${sent}` }, router: {} })
  }
  return {
    provider,
    backend,
    gateway,
    view,
    token: (claims: object = {}) => signToken(key, { now: backend.clock.now(), issuer: provider.issuer, ...claims }),
    ask: async (sent: string | undefined, url?: string) => gateway.evaluate(view(sent, url)),
  }
}

const ADMIN = { op: '==', jwt_claim: 'role', jwt_claim_type: 'plain', value: 'admin' }
const CLAIM_CHECK = { name: 'jwt_claim_check', configuration: { rules: [{ resource: '/admin', operations: [ADMIN] }] } }
const ROLE_CHECK = {
  name: 'keycloak_role_check',
  configuration: { scopes: [{ resource: '/', realm_roles: [{ name: 'reader' }] }] },
}

describe('policies over the claims of a token', () => {
  it('decide by each token, also if its application is known and allowed', async () => {
    const { ask, token, backend } = await setUp([CLAIM_CHECK], () => ({ cache: true }))
    const admin = token({ role: 'admin' })
    const user = token({ role: 'user' })
    for (const _ of [1, 2]) {
      expect(await ask(admin, '/admin')).toMatchObject({ outcome: 'allow', application: { id: 'app-1' } })
      expect(await ask(user, '/admin')).toMatchObject({
        code: 'claims_not_allowed',
        status: 403,
        body: 'Request blocked due to JWT claim policy\n',
      })
      expect(await ask(user)).toMatchObject({ outcome: 'allow' })
    }
    expect(backend.calls).toHaveLength(1)
  })

  it('refuse with the texts of the product where the policy has none', async () => {
    const { ask, token, gateway, view } = await setUp([ROLE_CHECK])
    expect(await ask(token({ realm_access: { roles: ['reader'] } }))).toMatchObject({ outcome: 'allow' })
    expect(await ask(token())).toMatchObject({
      code: 'roles_not_allowed',
      status: 403,
      body: 'Authentication failed',
    })
    expect(await gateway.explain(view(token()))).toMatchObject({ outcome: 'deny', code: 'roles_not_allowed' })
  })

  it('hold for tokens of the options, too, and refuse callers without a token', async () => {
    const byOptions = await setUp([ROLE_CHECK], (issuer) => ({ credentials: { kind: 'oidc', issuer } }))
    expect(await byOptions.ask(byOptions.token())).toMatchObject({ code: 'roles_not_allowed' })
    const { ask, token } = await setUp([ROLE_CHECK], () => ({ credentials: () => ({ clientId: 'app-1' }) }))
    expect(await ask(token({ realm_access: { roles: ['reader'] } }))).toMatchObject({ code: 'roles_not_allowed' })
  })

  it('law 18: refuse every token if an expression cannot be matched, and tell the operator', async () => {
    const operation = { ...ADMIN, op: 'matches', value: 'a{1,2000}' }
    const rules = [{ resource: '/', operations: [operation] }]
    const { ask, token } = await setUp([{ name: 'jwt_claim_check', configuration: { rules } }])
    const faults: unknown[] = []
    const listen = (message: unknown) => void faults.push((message as DecisionMessage).fault)
    subscribe(CHANNELS.decision, listen)
    onTestFinished(() => void unsubscribe(CHANNELS.decision, listen))
    expect(await ask(token({ role: 'a' }))).toMatchObject({ code: 'token_invalid', status: 403 })
    expect(faults).toEqual(['policy_unusable'])
  })
})

const INTROSPECTION = { auth_type: 'client_id+client_secret', client_id: 'gw', client_secret: 's3cret' }

describe('introspection of tokens', () => {
  type World = Awaited<ReturnType<typeof setUp>>

  /** Answers the calls to the introspection endpoint, and keeps their forms. */
  function answer({ provider }: World, status: number, document: unknown, forms: string[] = []) {
    const { issuer } = provider
    provider.answer = (request, response) => {
      if (request.method !== 'POST') {
        const { pathname } = new URL(issuer)
        const introspection_endpoint = `${issuer}/introspect`
        const found = { issuer, jwks_uri: `${issuer}/certs`, introspection_endpoint }
        return void response.end(JSON.stringify(request.url === `${pathname}/certs` ? { keys: [key.jwk] } : found))
      }
      let form = `${request.url} ${request.headers.authorization} `
      request.on('data', (chunk) => {
        form += chunk
      })
      request.on('end', () => {
        forms.push(form)
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(typeof document === 'string' ? document : JSON.stringify(document))
      })
    }
    return forms
  }

  const ofIssuer = (issuer: string) => ({
    proxyConfig: {
      id: 7,
      backend_version: 'oauth',
      backend_authentication_type: 'service_token',
      backend_authentication_value: 'token',
      proxy: {
        authentication_method: 'oidc',
        oidc_issuer_endpoint: issuer.replace('//', '//gw:s3%63ret@'),
        credentials_location: 'headers',
        policy_chain: [
          { name: 'token_introspection', configuration: { auth_type: 'use_3scale_oidc_issuer_endpoint' } },
          { name: 'apicast' },
        ],
        proxy_rules: [{ http_method: 'GET', pattern: '/', metric_system_name: 'hits', delta: 1 }],
      },
    },
  })

  it('asks the endpoint of the issuer with its client, about each request', async () => {
    const world = await setUp([], ofIssuer)
    const forms = answer(world, 200, { active: true })
    const sent = world.token()
    for (const _ of [1, 2]) expect(await world.ask(sent)).toMatchObject({ outcome: 'allow' })
    const basic = `Basic ${Buffer.from('gw:s3cret').toString('base64')}`
    const form = `/realms/acme/introspect ${basic} token=${sent}&token_type_hint=access_token`
    expect(forms).toEqual([form, form])
  })

  it.each<[string, number, unknown, object]>([
    ['a token that is not active', 200, { active: false }, { code: 'token_invalid', status: 403 }],
    ['an answer that says it in a text', 200, { active: 'true' }, { code: 'token_invalid', status: 403 }],
    ['an answer without a word about it', 200, {}, { code: 'token_invalid', status: 403 }],
    ['an answer that is none', 200, '<html>', { code: 'issuer_unavailable', status: 503 }],
    ['a list', 200, [{ active: true }], { code: 'issuer_unavailable', status: 503 }],
    ['a refusal of our client', 401, { active: true }, { code: 'issuer_unavailable', status: 503 }],
    ['an outage', 500, { active: true }, { code: 'issuer_unavailable', status: 503 }],
    ['a redirect', 302, { active: true }, { code: 'issuer_unavailable', status: 503 }],
  ])('law 18: lets no request pass after %s', async (_what, status, document, denied) => {
    const world = await setUp([], ofIssuer)
    answer(world, status, document)
    expect(await world.ask(world.token())).toMatchObject({ outcome: 'deny', ...denied })
    expect(world.backend.calls).toEqual([])
  })

  it.each([
    ['4102444800', 1],
    ['null', 1],
    ['"1"', 2],
    ['"4102444800"', 2],
    ['1e999', 2],
    ['{}', 2],
    ['1', 2],
  ])('remembers no answer beyond its end: exp %s, calls %i', async (exp, calls) => {
    const cache = { max_cached_tokens: 10, max_ttl_tokens: 60 }
    const world = await setUp([], (issuer) => {
      const configuration = { ...INTROSPECTION, ...cache, introspection_url: `${issuer}/introspect` }
      const { proxyConfig } = ofIssuer(issuer)
      const chain = [{ name: 'token_introspection', configuration }, { name: 'apicast' }]
      return { proxyConfig: { ...proxyConfig, proxy: { ...proxyConfig.proxy, policy_chain: chain } } }
    })
    const forms = answer(world, 200, `{"active":true,"exp":${exp}}`)
    const sent = world.token()
    for (const _ of [1, 2]) expect(await world.ask(sent)).toMatchObject({ outcome: 'allow' })
    expect(forms).toHaveLength(calls)
  })

  it('law 18: lets no request pass while the provider is gone, and says so without the token', async () => {
    const lines: string[] = []
    const note = (facts: unknown, message?: string) => void lines.push(JSON.stringify([facts, message]))
    const logger = { debug: note, info: note, warn: note, error: note }
    const world = await setUp([], (issuer) => ({ ...ofIssuer(issuer), logger }))
    answer(world, 200, { active: true })
    const sent = world.token()
    expect(await world.ask(sent)).toMatchObject({ outcome: 'allow' })
    await world.provider.close()
    expect(await world.ask(sent)).toMatchObject({ code: 'issuer_unavailable' })
    expect(lines.join()).toContain('THREESCALE_INTROSPECTION')
    expect(lines.join()).not.toMatch(new RegExp(`${sent}|s3cret|Basic`))
  })

  it('asks about the Bearer token of callers that identify by something else', async () => {
    const configuration = { ...INTROSPECTION, introspection_url: 'http://127.0.0.1:9/introspect' }
    const credentials = () => ({ clientId: 'app-1' })
    const { ask } = await setUp([{ name: 'token_introspection', configuration }], () => ({ credentials }))
    expect(await ask(undefined)).toMatchObject({ code: 'token_invalid' })
    expect(await ask('opaque')).toMatchObject({ code: 'issuer_unavailable' })
  })
})
