/** Proxy configurations of every form, their defaults, and the problems of bad ones. */
import { describe, expect, test } from 'vitest'
import { type ProxyConfigContext, readProxyConfig } from '../../../src/configuration/portal/proxy-config.ts'
import { ConfigError } from '../../../src/errors.ts'

const PROXY = {
  id: 77,
  hosts: ['api.example.com', 'Staging.Example.com'],
  backend: { endpoint: 'https://su1.3scale.net', host: 'su1.3scale.net' },
  credentials_location: 'headers',
  auth_user_key: 'user_key',
  auth_app_id: 'X-App-Id',
  auth_app_key: 'X-App-Key',
  authentication_method: '2',
  error_auth_missing: 'Authentication parameters missing',
  error_status_auth_missing: 403,
  error_headers_auth_missing: 'text/plain; charset=us-ascii',
  error_limits_exceeded: 'Usage limit exceeded',
  error_status_limits_exceeded: 429,
  hostname_rewrite: null,
  oidc_issuer_endpoint: null,
  policy_chain: [{ name: 'apicast', version: 'builtin', configuration: {} }],
  proxy_rules: [
    {
      id: 9,
      http_method: 'GET',
      pattern: '/v1/{id}?size={s}',
      metric_system_name: 'hits',
      delta: 1,
      last: false,
      redirect_url: null,
      parameters: ['id'],
      querystring_parameters: { size: '{s}' },
    },
    { http_method: 'POST', pattern: '/v1', metric_system_name: 'hits.31', last: null },
  ],
}
const SERVICE = {
  id: 42,
  backend_version: '2',
  backend_authentication_type: 'service_token',
  backend_authentication_value: '0123abcd',
  proxy: PROXY,
}

function read(document: unknown, context?: ProxyConfigContext) {
  return readProxyConfig(document, context)
}

function problemsOf(document: unknown, context?: ProxyConfigContext): readonly string[] {
  try {
    read(document, context)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

function withProxy(proxy: object, service: object = {}) {
  return { ...SERVICE, ...service, proxy: { ...PROXY, ...proxy } }
}

describe('the forms a document comes in', () => {
  test.each([
    ['one service', SERVICE],
    ['services', { services: [SERVICE], oidc: [false], timestamp: '2026-01-15' }],
    ['proxy_configs', { proxy_configs: [{ proxy_config: { id: 1, version: 7, content: SERVICE } }] }],
    ['proxy_config', { proxy_config: { id: 1, version: 7, environment: 'production', content: SERVICE } }],
  ])('%s', (_form, document) => {
    expect(read(document)).toEqual({
      warnings: [],
      unusable: [],
      services: [
        {
          id: '42',
          hosts: ['api.example.com', 'staging.example.com'],
          rank: 0,
          backendUrl: 'https://su1.3scale.net',
          serviceToken: '0123abcd',
          providerKey: undefined,
          credentials: {
            kind: 'appId',
            in: ['headers'],
            names: { userKey: 'user_key', appId: 'x-app-id', appKey: 'x-app-key' },
            anonymous: undefined,
            maxBytes: 4096,
            asApicast: true,
          },
          mappingRules: [
            {
              method: 'GET',
              pattern: '/v1/{id}?size={s}',
              metric: 'hits',
              delta: 1,
              last: false,
              query: { size: '{s}' },
            },
            { method: 'POST', pattern: '/v1', metric: 'hits.31', delta: 0, last: false, query: {} },
          ],
          texts: {
            missing: {
              status: 403,
              body: 'Authentication parameters missing',
              contentType: 'text/plain; charset=us-ascii',
            },
            failed: { status: 403, body: 'Authentication failed', contentType: 'text/plain; charset=utf-8' },
            noMatch: { status: 404, body: 'No Mapping Rule matched', contentType: 'text/plain; charset=utf-8' },
            limits: { status: 429, body: 'Usage limit exceeded', contentType: 'text/plain; charset=utf-8' },
          },
          policies: [],
          referrer: false,
          rateLimitHeaders: false,
        },
      ],
    })
  })

  test.each([
    [undefined, 'proxyConfig must be an object, as JSON.parse makes it, not undefined'],
    ['{}', 'proxyConfig must be an object, as JSON.parse makes it, not a string'],
    [{}, 'proxyConfig has none of services, proxy_configs, proxy_config and proxy: it is no 3scale configuration'],
    [{ services: [] }, 'proxyConfig contains no service'],
    [{ services: null, proxy_configs: [] }, 'proxyConfig contains no service'],
    [{ services: [null] }, 'proxyConfig.services[0] must be an object, not null'],
    [{ proxy_config: {} }, 'proxyConfig.proxy_config.content is missing'],
    [{ proxy_configs: [{}] }, 'proxyConfig.proxy_configs[0].proxy_config.content is missing'],
  ])('%j is not one', (document, problem) => {
    expect(problemsOf(document)).toEqual([problem])
  })
})

test('absent and null members have the defaults of the gateway', () => {
  const members = Object.keys(PROXY).map((name) => [name, null])
  const nulls = { id: 1, backend_version: null, backend_authentication_type: null, proxy: Object.fromEntries(members) }
  const bare = { id: 1, proxy: {} }
  const context = { providerCredential: true }
  expect(read(nulls, context)).toEqual(read(bare, context))
  expect(read(bare, context).services[0]).toMatchObject({
    hosts: ['localhost'],
    backendUrl: undefined,
    serviceToken: undefined,
    credentials: {
      kind: 'userKey',
      in: ['query', 'form'],
      names: { userKey: 'user_key', appId: 'app_id', appKey: 'app_key' },
    },
    mappingRules: [],
    texts: { missing: { status: 401, contentType: 'text/plain; charset=utf-8' }, limits: { body: 'Limits exceeded' } },
  })
})

test('a bad document gets one error with every problem and its path', () => {
  const bad = {
    services: [
      {
        backend_version: 3,
        backend_authentication_type: 'token',
        proxy: {
          hosts: 'api.example.com',
          backend: { endpoint: 'ftp://x' },
          error_status_auth_failed: 99,
          error_status_no_match: '404',
          error_headers_no_match: 'text/plain\r\nx: y',
          policy_chain: [{}, { name: 'apicast' }],
          proxy_rules: [
            { http_method: 'GET', pattern: '/', delta: '1' },
            { http_method: 5, pattern: '', metric_system_name: 'a[b]', last: 'yes', querystring_parameters: { a: 1 } },
            { http_method: 'get', pattern: '/', metric_system_name: 'hits', delta: -1 },
          ],
        },
      },
      { id: 2 },
    ],
  }
  expect(problemsOf(bad)).toEqual([
    'proxyConfig.services[0].id is missing',
    'proxyConfig.services[0].proxy.policy_chain[0].name is missing',
    "proxyConfig.services[0].backend_authentication_type must be 'service_token' or 'provider_key'",
    'proxyConfig.services[0].backend_authentication_value is missing',
    'proxyConfig.services[0].proxy.hosts must be an array, not a string',
    'proxyConfig.services[0].proxy.backend.endpoint must be an http or https URL',
    "proxyConfig.services[0].backend_version must be '1', '2' or 'oauth'",
    'proxyConfig.services[0].proxy.proxy_rules[0].metric_system_name is missing',
    'proxyConfig.services[0].proxy.proxy_rules[0].delta must be a whole number, not a string',
    'proxyConfig.services[0].proxy.proxy_rules[1].http_method must be a string, not a number',
    'proxyConfig.services[0].proxy.proxy_rules[1].pattern is empty',
    'proxyConfig.services[0].proxy.proxy_rules[1].metric_system_name is no metric: the metric name "a[b]" contains a bracket',
    'proxyConfig.services[0].proxy.proxy_rules[1].last must be true or false, not a string',
    'proxyConfig.services[0].proxy.proxy_rules[1].querystring_parameters["a"] must be a string, not a number',
    "proxyConfig.services[0].proxy.proxy_rules[2].http_method must be an HTTP method in upper case, or 'ANY'",
    'proxyConfig.services[0].proxy.error_status_auth_failed must be the status of an answer, 200 to 599, not 99',
    'proxyConfig.services[0].proxy.error_status_no_match must be a whole number, not a string',
    'proxyConfig.services[0].proxy.error_headers_no_match cannot be the value of a header',
    'proxyConfig.services[1].proxy is missing',
    'proxyConfig.services[1].backend_authentication_type is missing',
    'proxyConfig.services[1].backend_authentication_value is missing',
  ])
})

test('law 5: no problem quotes a secret', () => {
  const anonymous = { name: 'default_credentials', configuration: { user_key: 53717 } }
  const bad = withProxy(
    { backend: { endpoint: 'https://me:s3cr3t@x' }, policy_chain: [anonymous, { name: 'apicast' }] },
    { backend_authentication_type: 's3cr3t', backend_authentication_value: 53717 },
  )
  expect(problemsOf(bad)).toHaveLength(4)
  expect(problemsOf(bad).join()).not.toMatch(/s3cr3t|53717/)
})

test('an empty content type is the default one', () => {
  const { texts } = read(withProxy({ error_headers_auth_missing: '' })).services[0]!
  expect(texts.missing.contentType).toBe('text/plain; charset=utf-8')
})

describe('our own credential', () => {
  test('must be in the document unless the options have one', () => {
    const document = { ...SERVICE, backend_authentication_type: null, backend_authentication_value: undefined }
    expect(problemsOf(document)).toEqual([
      'proxyConfig.backend_authentication_type is missing',
      'proxyConfig.backend_authentication_value is missing',
    ])
    expect(problemsOf(document, { providerCredential: true })).toEqual([])
  })

  test.each(['', ' 0123abcd', '0123abcd\n'])('must be neither empty nor padded: %j', (value) => {
    expect(problemsOf({ ...SERVICE, backend_authentication_value: value })).toEqual([
      `proxyConfig.backend_authentication_value ${value === '' ? 'is empty' : 'begins or ends with a blank or a line break'}`,
    ])
  })
})

test('a member of the wrong kind is not reported as missing too', () => {
  const document = { proxy_configs: [{ proxy_config: { content: '{}' } }, { proxy_config: 5 }] }
  expect(problemsOf(document)).toEqual([
    'proxyConfig.proxy_configs[0].proxy_config.content must be an object, not a string',
    'proxyConfig.proxy_configs[1].proxy_config must be an object, not a number',
  ])
  expect(problemsOf({ ...SERVICE, id: 1.5, proxy: [] })).toEqual([
    'proxyConfig.id must be a string or a whole number, not a number',
    'proxyConfig.proxy must be an object, not an array',
  ])
})

test('a query parameter without a value must be present, as porta writes null for `?flag`', () => {
  const rule = {
    http_method: 'GET',
    pattern: '/v1?flag',
    metric_system_name: 'hits',
    delta: 1,
    querystring_parameters: { flag: null },
  }
  expect(read(withProxy({ proxy_rules: [rule] })).services[0]?.mappingRules[0]?.query).toEqual({ flag: undefined })
})

describe('credentials', () => {
  test('a provider key service', () => {
    const document = { ...SERVICE, backend_authentication_type: 'provider_key', backend_authentication_value: 'pk' }
    expect(read(document).services[0]).toMatchObject({ providerKey: 'pk', serviceToken: undefined })
  })

  test('an id may come from the options', () => {
    expect(read({ ...SERVICE, id: null }, { serviceId: '42' }).services[0]?.id).toBeUndefined()
  })

  test.each([
    [{ backend_version: 'oauth' }, {}, "must be 'oidc' if backend_version is 'oauth'"],
    [{ backend_version: 'oauth' }, { authentication_method: null }, "must be 'oidc' if backend_version is 'oauth'"],
    [{ backend_version: 'oauth' }, { authentication_method: 'oauth' }, "must be 'oidc' if backend_version is 'oauth'"],
    [{}, { authentication_method: 'oidc' }, "is 'oidc', but backend_version is '2'"],
    [{ backend_version: '1' }, { authentication_method: 'oauth' }, "is 'oauth', but backend_version is '1'"],
  ])('a service that contradicts itself about its callers is refused: %j %j', (service, proxy, problem) => {
    const document = withProxy(proxy, service)
    expect(problemsOf(document)).toEqual([`proxyConfig.proxy.authentication_method ${problem}`])
    expect(read(document, { credentials: true }).services[0]?.credentials).toBeUndefined()
  })

  test('an unknown location is warned about and holds nothing', () => {
    const { services, warnings } = read(withProxy({ credentials_location: 'cookie' }))
    expect(services[0]?.credentials?.in).toEqual([])
    expect(warnings).toEqual([
      'proxyConfig.proxy.credentials_location is none that 3scale has; every request will lack credentials',
    ])
  })

  test('a header name must be one', () => {
    expect(problemsOf(withProxy({ auth_app_id: 'app id' }))).toEqual([
      'proxyConfig.proxy.auth_app_id cannot be the name of a header',
    ])
    expect(problemsOf(withProxy({ auth_user_key: 'of no use here', auth_app_key: '' }))).toEqual([
      'proxyConfig.proxy.auth_app_key is empty',
    ])
  })
})

describe('policies', () => {
  const chain = (...policies: object[]) => withProxy({ policy_chain: policies })
  const apicast = { name: 'apicast' }

  test('the supported ones take effect', () => {
    const anonymous = { name: 'default_credentials', configuration: { app_id: 'i', app_key: 'k', user_key: 'u' } }
    const document = chain({ name: '3scale_referrer' }, { name: 'rate_limit_headers' }, anonymous, apicast)
    expect(read(document)).toMatchObject({
      warnings: [],
      services: [{ referrer: true, rateLimitHeaders: true, credentials: { anonymous: { appId: 'i', appKey: 'k' } } }],
    })
    expect(read({ ...document, backend_version: '1' }).services[0]?.credentials?.anonymous).toEqual({ userKey: 'u' })
  })

  test('default credentials that cannot take effect are warned about', () => {
    const halved = { name: 'default_credentials', configuration: { app_id: 'i' } }
    expect(read(chain(halved, apicast)).warnings).toEqual([
      'proxyConfig.proxy.policy_chain[0] has no credentials that fit the service; requests without credentials are denied',
    ])
    expect(read(chain(apicast, halved)).warnings).toEqual([
      'proxyConfig.proxy.policy_chain[1] (default_credentials) stands behind apicast and has no effect',
    ])
  })

  test('all others are named in one warning', () => {
    const one = chain({ name: 'caching' }, apicast, { name: 'cors' })
    const other = { ...chain({ name: 'cors' }, apicast), id: 43 }
    expect(read({ services: [one, { ...other, proxy: { ...other.proxy, hosts: ['b'] } }] }).warnings).toEqual([
      'policies of the proxy configuration that have no effect here: caching (service 42): the option cache takes its place; cors (service 42, 43): mount the middleware of your framework in front of the gateway',
    ])
  })
})

describe('several services', () => {
  test('of which the options choose one: the others are not read', () => {
    const document = { services: [withProxy({ hosts: 7 }, { id: 41 }), SERVICE, { id: 43, backend_version: 'oauth' }] }
    expect(read(document, { serviceId: '42' }).services.map(({ id }) => id)).toEqual(['42'])
    expect(problemsOf(document, { serviceId: '44' })).toEqual([
      'serviceId "44" is none of the 3 services of proxyConfig',
    ])
  })

  test('the first of two with the same id or the same host wins', () => {
    const document = {
      services: [
        withProxy({ hosts: ['a.test', 'A.test:8080'] }),
        withProxy({ hosts: ['c.test'] }),
        withProxy({ hosts: ['a.TEST.', 'b.test'] }, { id: 43 }),
      ],
    }
    const { services, warnings } = read(document)
    expect(services.map(({ id, hosts }) => [id, hosts])).toEqual([
      ['42', ['a.test']],
      ['43', ['b.test']],
    ])
    expect(warnings).toEqual([
      'proxyConfig has service 42 more than once; the first one is used',
      'services 42 and 43 have the host a.test; it goes to 42',
    ])
  })
})

test('the backend may have a path, which is kept', () => {
  const document = withProxy({ backend: { endpoint: 'http://127.0.0.1:3000/prefix/' } })
  expect(read(document).services[0]?.backendUrl).toBe('http://127.0.0.1:3000/prefix')
})
