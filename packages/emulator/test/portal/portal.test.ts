/** The portal: what porta's controllers and tests prove that it answers, from a state that is edited. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { beforeEach, describe, expect, test } from 'vitest'
import { sendRaw } from '../../../../test/conformance/raw-request.ts'
import { createEmulator, type Emulator, type EmulatorState, type ProxyState } from '../../src/index.ts'

interface RecordedError {
  readonly name: string
  readonly request: { readonly method: string; readonly path: string }
  readonly response: { readonly status: number; readonly headers?: Record<string, string>; readonly body: string }
}
interface Config {
  readonly id: number
  readonly version: number
  readonly environment: string
  readonly content: { readonly [member: string]: unknown; readonly proxy: Record<string, unknown> }
}

const read = (name: string) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as unknown
const recordedErrors = read('errors.json') as RecordedError[]
const recorded = (read('account-proxy_configs-production.json') as { proxy_configs: { proxy_config: Config }[] })
  .proxy_configs

const account = '/admin/api/account/proxy_configs/production.json'

function stateOf(proxy: ProxyState = {}): EmulatorState {
  const service = { service_tokens: ['stoken'], metrics: [{ name: 'hits' }], provider_key: 'pkey' }
  return {
    portal: { access_tokens: ['admin'] },
    services: [
      { ...service, id: '42', backend_version: '1', proxy: { endpoint: 'https://words.example.com:443', ...proxy } },
      { ...service, id: '43', backend_version: 'oauth', provider_key: 'other', service_tokens: [], proxy: {} },
      { ...service, id: '44' },
    ],
  }
}

let now: number
let emulator: Emulator
beforeEach(() => {
  now = Date.parse('2026-01-15T12:00:00.500Z')
  emulator = createEmulator({ state: stateOf(), portal: true, clock: { now: () => now } })
})

function ask(target: string, headers: Record<string, string> = basic('admin')) {
  return emulator.handle({ method: 'GET', target, headers: { host: 'portal.example:3000', ...headers } })
}
function basic(user: string, password = '') {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}
function list(target: string, headers?: Record<string, string>): Config[] {
  const { status, body } = ask(target, headers)
  expect(status).toBe(200)
  return (JSON.parse(body) as { proxy_configs: { proxy_config: Config }[] }).proxy_configs.map(
    (one) => one.proxy_config,
  )
}
const names = (configs: readonly Config[]) => configs.map(({ content, version }) => `${content.id} v${version}`)

test('is off by default: its paths are those of the backend', () => {
  const { status } = createEmulator().handle({ method: 'GET', target: `${account}?access_token=demo-portal-token` })
  expect(status).toBe(404)
})

describe('a configuration', () => {
  test('has the members of a recorded one, and its values where the state has them', () => {
    // The fields of porta's tables that no gateway reads.
    const unread =
      /^(?:(?:account|tenant|lock)_|description|txt_|created_|updated_|logo_|intentions_|terms|buyers?_|custom_|notif|default_|support_|kubernetes_|deployed_|oauth_login|secret_|sandbox_endpoint|api_test|apicast_conf|staging_|production_|hostname_rewrite_for|endpoint_port|(?:proxy|metric)_id|id$|owner_id)/
    const membersOf = (value: object) => Object.keys(value).filter((name) => !unread.test(name))
    for (const { proxy_config: one } of recorded) {
      const { backend: _, ...proxy } = one.content.proxy
      const rules = proxy.proxy_rules as { metric_system_name: string }[]
      const [type, value] = [one.content.backend_authentication_type, one.content.backend_authentication_value]
      expect(type).toBe('service_token')
      emulator.setState({
        portal: { access_tokens: ['admin'] },
        services: [
          {
            id: String(one.content.id),
            backend_version: one.content.backend_version as '1',
            service_tokens: [String(value)],
            metrics: [...new Set(rules.map((rule) => rule.metric_system_name))].map((name) => ({ name })),
            proxy,
          },
        ],
      })
      const [served] = list(`${account}?version=latest`)
      expect(Object.keys(served!)).toEqual(Object.keys(one))
      expect(Object.keys(served!.content)).toEqual(expect.arrayContaining(membersOf(one.content)))
      const given = { ...one.content, name: undefined, system_name: undefined }
      for (const member of membersOf(one.content)) {
        if (member !== 'proxy' && given[member as 'name'] !== undefined) {
          expect([member, served!.content[member]]).toEqual([member, one.content[member]])
        }
      }
      expect(served!.content.proxy).toMatchObject(proxy)
      emulator.setState({
        ...emulator.state(),
        services: emulator.state().services.map((service) => ({
          ...service,
          proxy: { proxy_rules: rules.map(({ metric_system_name }) => ({ pattern: '/', metric_system_name })) },
        })),
      })
      const [plain] = list(`${account}?version=latest`)
      expect(Object.keys(plain!.content.proxy)).toEqual(expect.arrayContaining(membersOf(proxy)))
      const plainRules = plain!.content.proxy.proxy_rules as object[]
      expect(Object.keys(plainRules[0]!)).toEqual(expect.arrayContaining(membersOf(rules[0]!)))
    }
  })

  test('has the defaults of the portal, and this emulator as backend unless the state names another', () => {
    emulator.setState(
      stateOf({
        sandbox_endpoint: 'https://try.example.com:443',
        proxy_rules: [{ pattern: '/a/{b}?size={s}&flag', metric_system_name: 'hits' }],
      }),
    )
    const [oauth, words] = list(`${account}?version=latest`)
    expect(words!.content).toMatchObject({
      id: 42,
      backend_version: '1',
      backend_authentication_type: 'service_token',
      backend_authentication_value: 'stoken',
      proxy: {
        authentication_method: '1',
        credentials_location: 'query',
        error_status_auth_missing: 403,
        hosts: ['words.example.com', 'try.example.com'],
        backend: { endpoint: 'http://portal.example:3000', host: 'portal.example' },
        policy_chain: [{ name: 'apicast', version: 'builtin', configuration: {} }],
        proxy_rules: [
          {
            http_method: 'GET',
            delta: 1,
            last: false,
            owner_type: 'Proxy',
            parameters: ['b'],
            querystring_parameters: { size: '{s}', flag: null },
          },
        ],
      },
    })
    expect(oauth!.content).toMatchObject({
      backend_version: 'oauth',
      backend_authentication_type: 'provider_key',
      backend_authentication_value: 'other',
      proxy: { authentication_method: 'oidc', hosts: [] },
    })
    emulator.setState(stateOf({ backend: { endpoint: 'https://backend.example' } }))
    expect(list(`${account}?version=latest&host=words.example.com`)[0]!.content.proxy.backend).toEqual({
      endpoint: 'https://backend.example',
    })
  })
})

describe('an edit of the state', () => {
  test('is a new version of what it changes, in both environments, and moves it to the end of the list', () => {
    expect(names(list(`${account}?version=latest`))).toEqual(['42 v1', '43 v1'])
    emulator.setState(stateOf({ credentials_location: 'headers' }))
    for (const environment of ['production', 'sandbox', 'staging']) {
      const target = `/admin/api/account/proxy_configs/${environment}.json`
      expect(names(list(`${target}?version=latest`))).toEqual(['43 v1', '42 v2'])
      expect(names(list(target))).toEqual(['42 v1', '43 v1', '42 v2'])
      expect(names(list(`${target}?version=1`))).toEqual(['42 v1', '43 v1'])
      expect(list(target)[0]).toMatchObject({ environment: environment.replace('staging', 'sandbox') })
    }
  })

  test('that touches nothing of a configuration is none', () => {
    const state = stateOf()
    state.services[0]!.applications = [{ id: 'app' }]
    emulator.updateState(state)
    expect(names(list(account))).toEqual(['42 v1', '43 v1'])
  })

  test('that removes a service removes its versions, and its numbers go on when it comes back', () => {
    emulator.setState({ ...stateOf(), services: stateOf().services.slice(1) })
    expect(names(list(account))).toEqual(['43 v1'])
    emulator.setState(stateOf({ credentials_location: 'headers' }))
    expect(names(list(`${account}?version=latest`))).toEqual(['43 v1', '42 v2'])
  })
})

describe('the lists', () => {
  test('have pages', () => {
    const services = Array.from({ length: 1003 }, (_, index) => ({ id: String(index + 1), proxy: {} }))
    emulator.setState({ services })
    const page = (query: string) =>
      list(`${account}?version=latest${query}`, basic('provider-key')).map((one) => one.content.id)
    expect([page('').length, page('&page=3').length, page('&page=4').length]).toEqual([500, 3, 0])
    expect(page('&page=3')).toEqual([1001, 1002, 1003])
    expect(page('&per_page=2&page=2')).toEqual([3, 4])
    for (const odd of ['&per_page=501', '&per_page=0', '&per_page=x', '&page=0', '&page=-1', '&page=x']) {
      expect(page(odd).slice(0, 2)).toEqual([1, 2])
      expect(page(odd)).toHaveLength(500)
    }
  })

  test('find a host as LIKE does', () => {
    const hosts = ['words.example.com', 'a.example.com']
    emulator.setState(stateOf({ hosts }))
    const found = (host: string) => names(list(`${account}?version=latest&host=${encodeURIComponent(host)}`))
    expect(found('a.example.com')).toEqual(['42 v2'])
    expect(found('a_example.com')).toEqual(['42 v2'])
    expect(found('%')).toEqual(['42 v2'])
    expect([found('example.com'), found('A.example.com'), found('')]).toEqual([[], [], []])
    const old = '/admin/api/services/proxy/configs/staging.json'
    expect(names(list(`${old}?host=a.example.com`))).toEqual(['42 v2'])
  })

  test('of one service have all its versions, and each version is there alone', () => {
    emulator.setState(stateOf({ credentials_location: 'headers' }))
    const base = '/admin/api/services/42/proxy/configs/staging'
    const version = (name: string) => JSON.parse(ask(`${base}/${name}.json`).body).proxy_config.version as number
    expect(names(list(`${base}.json`))).toEqual(['42 v1', '42 v2'])
    expect([version('1'), version('2'), version('latest')]).toEqual([1, 2, 2])
    expect(names(list('/admin/api/services/44/proxy/configs/staging.json'))).toEqual([])
    expect(ask('/admin/api/services/45/proxy/configs/staging.json').status).toBe(404)
  })

  test('of services name how they authenticate', () => {
    const { services } = JSON.parse(ask('/admin/api/services.json?per_page=2').body)
    expect(services).toMatchObject([
      { service: { id: 42, backend_version: '1' } },
      { service: { id: 43, backend_version: 'oidc' } },
    ])
  })
})

describe('a request', () => {
  test.each([
    ['a token as user', account, basic('admin')],
    ['a token as password', account, basic('', 'admin')],
    ['a token as parameter', `${account}?access_token=admin`, {}],
    ['a provider key as parameter', `${account}?provider_key=pkey`, {}],
    ['a provider key as user', account, basic('pkey')],
  ])('may read with %s', (_, target, headers) => {
    expect(names(list(target, headers))).toContain('42 v1')
  })

  test('with a provider key reads only its services', () => {
    expect(names(list(account, basic('other')))).toEqual(['43 v1'])
    expect(ask('/admin/api/services/42/proxy/configs/production/latest.json', basic('other')).status).toBe(404)
  })

  test.each([
    ['nothing', {}],
    ['an unknown token', basic('x', 'admin')],
    ['an empty one', basic('')],
    ['another scheme', { authorization: 'Bearer admin' }],
    ['no Basic', { authorization: 'Basic ???' }],
  ])('with %s is refused', (_, headers) => {
    expect(ask(account, headers)).toMatchObject({ status: 403, body: '{"error":"Access denied"}' })
  })

  test('is answered 304 if nothing has changed, and the document once it has', () => {
    for (const target of [`${account}?version=latest`, '/admin/api/services/42/proxy/configs/sandbox/latest.json']) {
      const { headers } = ask(target)
      expect(headers).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'max-age=0, private, must-revalidate',
        etag: expect.stringMatching(/^W\/"[0-9a-f]{32}"$/),
      })
      const same = [{ 'if-none-match': headers.etag! }, { 'if-modified-since': headers['last-modified']! }]
      for (const condition of same) {
        expect(ask(target, { ...basic('admin'), ...condition })).toMatchObject({ status: 304, body: '' })
      }
      expect(ask(target, { ...basic('admin'), 'if-none-match': '"x"', ...same[1] }).status).toBe(200)
      now += 1000
      emulator.setState(stateOf({ error_status_auth_missing: 401 + emulator.state().services.length, at: now }))
      for (const condition of same) expect(ask(target, { ...basic('admin'), ...condition }).status).toBe(200)
    }
  })

  // Not emulated: other hosts, suspended accounts, permissions of tokens, and the master portal.
  test.each(
    recordedErrors.filter(
      ({ name, response: { status } }) => status !== 304 && !/scope|no admin portal|suspended|^master/.test(name),
    ),
  )('is answered as recorded: $name', ({ name, request: { method, path }, response }) => {
    const state = stateOf()
    state.services[0]!.proxy = /nothing promoted/.test(name) ? undefined! : {}
    if (/page after/.test(name)) state.services.length = 1
    emulator.setState(state)
    const headers = { host: 'portal.example', ...(name.startsWith('no token') ? {} : basic('admin')) }
    const { status, body, headers: sent } = emulator.handle({ method, target: path, headers })
    expect([status, body, sent['content-type']]).toEqual([
      response.status,
      response.body,
      response.headers?.['Content-Type'],
    ])
  })

  test('that would change something finds nothing', () => {
    for (const target of [account, '/admin/api/services/42/proxy/configs/sandbox/1/promote.json?to=production']) {
      expect(emulator.handle({ method: 'POST', target, headers: basic('admin') }).status).toBe(404)
    }
  })

  test('takes no worker', async () => {
    await using busy = createEmulator({ state: stateOf(), portal: true, workers: 1 })
    const port = Number(new URL(await busy.listen()).port)
    const first = connect(port, '127.0.0.1')
    first.write('GET /status HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(first, 'data')
    expect((await sendRaw(port, 'GET', account, basic('admin'), undefined)).status).toBe(200)
    // Otherwise the worker may have become free meanwhile.
    expect(first.readableEnded).toBe(false)
    first.destroy()
  })
})
