import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { GatewayOptions } from '../../../src/configuration/options/gateway-options.ts'
import { resolveOptions, resolveRoute } from '../../../src/configuration/options/resolve-options.ts'
import { DEFAULTS } from '../../../src/defaults.ts'
import { ConfigError } from '../../../src/errors.ts'
import { CLOCK, systemClock } from '../../../src/primitives/clock.ts'

const OPTIONS = { serviceId: '2555417', serviceToken: 'service-token-of-ours' }

/** The problems of options that TypeScript would refuse. */
function problemsOf(options: object): readonly string[] {
  try {
    resolveOptions({ ...OPTIONS, ...options } as GatewayOptions)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as ConfigError).problems
  }
  return []
}

describe('resolveOptions', () => {
  it('fills in every default', () => {
    const resolved = resolveOptions(OPTIONS)
    expect(resolved).toMatchObject({ ...OPTIONS, ...DEFAULTS, portal: undefined, cache: false })
    expect(resolved.clock).toBe(systemClock)
    expect(Object.keys(resolved.metrics)).toEqual([])
  })

  it('takes the defaults of the cache for true, and for the members that an object lacks', () => {
    expect(resolveOptions({ ...OPTIONS, cache: true }).cache).toEqual(DEFAULTS.cache)
    expect(resolveOptions({ ...OPTIONS, cache: { ttlMs: 500 } }).cache).toEqual({ ...DEFAULTS.cache, ttlMs: 500 })
    expect(resolveOptions({ ...OPTIONS, credentials: { names: { userKey: 'key' } } }).credentials).toMatchObject({
      kind: 'userKey',
      names: { userKey: 'key', appId: 'app_id', appKey: 'app_key' },
    })
  })

  it('turns the cache on with a store, and refuses what cannot go with one', () => {
    const store = { open: () => ({}) as never }
    expect(resolveOptions({ ...OPTIONS, store }).cache).toEqual(DEFAULTS.cache)
    expect(resolveOptions({ ...OPTIONS, store, cache: { ttlMs: 500 } }).cache).toMatchObject({ ttlMs: 500 })
    expect(problemsOf({ store, cache: false })).toEqual([
      'store needs what cache remembers; leave out cache: false, or the store',
    ])
    expect(problemsOf({ store, journal: { open: () => {} } })).toEqual([
      'journal keeps the usage of one process, and store has that of all; give one of them',
    ])
    expect(problemsOf({ store: {} })).toEqual([
      'store must be a store, such as redisStore of @threescale/redis makes; it has no open',
    ])
  })

  it('treats undefined as absent, at every depth', () => {
    const resolved = resolveOptions({
      ...OPTIONS,
      timeoutMs: undefined,
      cache: { ttlMs: undefined },
      breaker: { failures: undefined },
      report: undefined,
    })
    expect(resolved.timeoutMs).toBe(1000)
    expect(resolved.cache).toEqual(DEFAULTS.cache)
    expect(resolved.breaker).toEqual(DEFAULTS.breaker)
  })

  it('refuses null and says how to get the default', () => {
    expect(problemsOf({ timeoutMs: null, cache: { ttlMs: null } })).toEqual([
      'timeoutMs is null; leave it out (or undefined) to get the default',
      'cache.ttlMs is null; leave it out (or undefined) to get the default',
    ])
  })

  it('reports all problems at once, each with the path of its option', () => {
    const problems = problemsOf({
      timeoutMs: '1s',
      maxCalls: 0,
      mode: 'monitor',
      cache: { settleMs: 1.5 },
      credentials: { in: ['cookie'], maxBytes: -1 },
      mappingRules: [{ method: 'get', pattern: 'v1', metric: 'a[b]' }],
      breaker: true,
      usageAfter: 5,
      logger: { info() {} },
    })
    expect(problems).toEqual([
      'timeoutMs must be a whole number from 1 to 2147483647, not a string',
      'maxCalls must be a whole number from 1 to 1000000, not 0',
      "mode must be 'enforce' or 'observe', not 'monitor'",
      'cache.settleMs must be a whole number from 0 to 2147483647, not 1.5',
      "credentials.in[0] must be 'query', 'headers', 'authorization' or 'form', not 'cookie'",
      'credentials.maxBytes must be a whole number from 1 to 1048576, not -1',
      "mappingRules[0].method must be an HTTP method in upper case, or 'ANY'",
      'mappingRules[0].pattern must be a path that begins with /',
      'mappingRules[0].metric: the metric name "a[b]" contains a bracket',
      'breaker must be an object, not true',
      'usageAfter must be a function, not 5',
      'logger must be a logger in the shape of pino; it has no debug, warn and error',
    ])
  })

  it('names what a mapping rule lacks, in the order of the documentation', () => {
    expect(problemsOf({ mappingRules: [{ method: 'GET', pattern: '/', metric: 'hits' }, {}] })).toEqual([
      'mappingRules[1].method is missing',
      'mappingRules[1].pattern is missing',
      'mappingRules[1].metric is missing',
    ])
  })

  it.each([
    ['service_id', 'serviceId'],
    ['serviceid', 'serviceId'],
    ['timeout', 'timeoutMs'],
    ['rules', 'mappingRules'],
    ['onUnavailble', 'onUnavailable'],
    ['token', 'serviceToken'],
    ['url', 'backendUrl'],
    ['ttlMs', 'cache.ttlMs'],
    ['intervalMs', 'report.intervalMs'],
  ])('suggests for the unknown option %s: %s', (name, known) => {
    expect(problemsOf({ [name]: 'x' })).toEqual([`${name} is no option; did you mean ${known}?`])
  })

  it('suggests the nearest option inside a group by its whole path, and none if none is near', () => {
    expect(problemsOf({ cache: { ttl: 5 }, zebra: 1 })).toEqual([
      'cache.ttl is no option; did you mean cache.ttlMs?',
      'zebra is no option',
    ])
  })

  it('suggests the word that was probably meant', () => {
    expect(problemsOf({ onUnavailable: 'lastKnown' })).toEqual([
      "onUnavailable must be 'deny', 'last-known' or 'allow'; did you mean 'last-known'?",
    ])
  })

  it('quotes a wrong word only if it cannot be a secret', () => {
    expect(problemsOf({ onUnavailable: 'open', mode: 's3cr3t-token-0f1e2d' })).toEqual([
      "onUnavailable must be 'deny', 'last-known' or 'allow', not 'open'",
      "mode must be 'enforce' or 'observe', not a string",
    ])
  })

  it('warns of names that the kind of credentials does not use', () => {
    const warningsOf = (credentials: object) => resolveOptions({ ...OPTIONS, credentials }).warnings
    expect(warningsOf({ names: { appId: 'id', appKey: 'key' } })).toEqual([
      "credentials.names.appId and credentials.names.appKey have no effect, because credentials.kind is 'userKey'",
    ])
    expect(warningsOf({ kind: 'appId', names: { userKey: 'key' } })).toEqual([
      "credentials.names.userKey has no effect, because credentials.kind is 'appId'",
    ])
    expect(warningsOf({ names: { userKey: 'key' } })).toEqual([])
    expect(warningsOf({ kind: 'appId', names: { appId: 'id' } })).toEqual([])
  })

  it('asks for our own credentials', () => {
    expect(() => resolveOptions({})).toThrow(/serviceToken is missing \(or providerKey\).*\n.*serviceId is missing/)
    expect(() => resolveOptions({ serviceToken: 'x' })).toThrow('serviceId is missing')
    expect(() => resolveOptions({ providerKey: 'x' })).not.toThrow()
    expect(() => resolveOptions({ proxyConfig: {} })).not.toThrow()
    expect(problemsOf({ providerKey: 'x' })).toEqual([
      'serviceToken and providerKey exclude each other; give one of them',
    ])
  })

  it('accepts a client instead of connection and credentials', () => {
    const client = { authrep() {}, authorize() {}, report() {}, close() {} } as never
    expect(resolveOptions({ client }).client).toBe(client)
    expect(resolveOptions({ client, serviceId: '1', maxCalls: 5 })).toMatchObject({
      serviceId: '1',
      backendUrl: undefined,
    })
    expect(problemsOf({ client, timeoutMs: 5 })).toEqual([
      'serviceToken and client exclude each other; give it to the client',
      'timeoutMs and client exclude each other; give it to the client',
    ])
  })

  it('leaves to a proxy configuration what only it contains, and lets explicit options win', () => {
    expect(resolveOptions({ proxyConfig: {} })).toMatchObject({
      credentials: undefined,
      usage: undefined,
      backendUrl: undefined,
    })
    expect(resolveOptions({ proxyConfig: {}, backendUrl: 'https://a.test/', usage: { hits: 2 } })).toMatchObject({
      backendUrl: 'https://a.test',
      usage: { hits: 2 },
    })
  })

  it('refuses combinations that cannot work', () => {
    expect(problemsOf({ usage: { hits: 1 }, mappingRules: [] })).toEqual([
      'usage and mappingRules exclude each other; give one of them',
    ])
    expect(problemsOf({ cache: { ttlMs: 90_000 } })).toEqual([
      'cache.staleMs (60000) must not be less than cache.ttlMs (90000)',
    ])
    expect(problemsOf({ stripCredentials: true, credentials: () => undefined })).toHaveLength(1)
    expect(problemsOf({ pathRouting: true, backendApi: '31' })).toEqual([
      'pathRouting is for the products of a proxy configuration',
      'backendApi is for the products of a proxy configuration',
      'backendApi and pathRouting exclude each other: mount paths that are not seen tell no products apart',
    ])
    expect(problemsOf({ pathRouting: false, backendApi: '31', proxyConfig: {} })).toEqual([])
    expect(problemsOf({ credentials: { anonymous: { userKey: 'a', appId: 'b' } } })).toEqual([
      'credentials.anonymous must have exactly one of userKey, appId and clientId',
    ])
    expect(problemsOf({ credentials: { in: ['headers'], names: { userKey: 'user key' } } })).toEqual([
      'credentials.names.userKey cannot be the name of a header',
    ])
    expect(problemsOf({ credentials: { kind: 'appId', names: { appId: 'k', appKey: 'k' } } })).toHaveLength(1)
  })

  it('refuses metrics that are their own ancestors', () => {
    const cycle = { a: { parent: 'b' }, b: { parent: 'c' }, c: { parent: 'a' } }
    expect(problemsOf({ metrics: cycle })).toHaveLength(3)
    expect(problemsOf({ metrics: { a: { parent: 'b' }, b: { parent: 'c' } } })).toEqual([])
  })

  it('keeps the path prefix of a backend and refuses what cannot be a backend', () => {
    const urlOf = (backendUrl: string | URL) => resolveOptions({ ...OPTIONS, backendUrl }).backendUrl
    expect(urlOf('https://example.test/prefix/')).toBe('https://example.test/prefix')
    expect(urlOf(new URL('https://example.test'))).toBe('https://example.test')
    for (const wrong of ['su1.3scale.net', 'ftp://a.test', 'https://u:hunter2@a.test', 'https://a.test/?x=1', 5]) {
      const problems = problemsOf({ backendUrl: wrong })
      expect(problems).toHaveLength(1)
      expect(problems[0]).not.toContain('hunter2')
    }
  })

  it('warns about plain http off loopback only', () => {
    const warningsOf = (backendUrl: string) => resolveOptions({ ...OPTIONS, backendUrl }).warnings
    expect(warningsOf('http://backend.test:3000/x')).toEqual([
      'backendUrl is plain http to backend.test: credentials travel unencrypted; use https unless the network is trusted',
    ])
    for (const url of [
      'http://localhost:1',
      'http://127.1.2.3',
      'http://[::1]:80',
      'http://a.localhost',
      'https://b.test',
    ]) {
      expect(warningsOf(url)).toEqual([])
    }
  })

  it('law 5: quotes no number in place of a text, as it may be a secret without its quotes', () => {
    const problems = problemsOf({ serviceToken: 53717, credentials: { anonymous: { userKey: 53717 } } as never })
    expect(problems.join()).toContain('serviceToken must be a string, not a number')
    expect(problems.join()).not.toContain('53717')
  })

  it('law 5: quotes no text value in a problem', () => {
    const secret = 'hunter2-hunter2'
    const wrong = [
      { serviceToken: ` ${secret}` },
      { timeoutMs: secret },
      { mode: secret },
      { backendUrl: secret },
      { usage: secret },
      { credentials: { anonymous: secret } },
      { credentials: { anonymous: { userKey: `${secret}\n` } } },
      { logger: secret },
      { mappingRules: secret },
    ]
    for (const options of wrong) {
      const problems = problemsOf(options)
      expect(problems).not.toEqual([])
      expect(inspect(problems)).not.toContain(secret)
    }
  })

  it('never changes the input, and freezes the result', () => {
    const input = {
      ...OPTIONS,
      usage: { hits: 2 },
      credentials: { in: ['headers' as const], names: { userKey: 'k' } },
      cache: { ttlMs: 1 },
    }
    const before = structuredClone(input)
    const resolved = resolveOptions(input)
    expect(input).toEqual(before)
    input.usage.hits = 9
    input.credentials.in.length = 0
    expect(resolved).toMatchObject({ usage: { hits: 2 }, credentials: { in: ['headers'] } })
    for (const part of [
      resolved,
      resolved.usage,
      resolved.cache,
      resolved.credentials,
      resolved.report,
      resolved.metrics,
    ]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })

  it('accepts another clock under the symbol, and is not confused by names of Object.prototype', () => {
    const clock = { ...systemClock }
    expect(resolveOptions({ ...OPTIONS, [CLOCK]: clock } as GatewayOptions).clock).toBe(clock)
    expect(problemsOf({ constructor: 1, toString: 2 })).toHaveLength(2)
    expect(problemsOf(JSON.parse('{"__proto__": {"timeoutMs": 5}}'))).toEqual(['__proto__ is no option'])
    expect(resolveOptions({ ...OPTIONS, metrics: JSON.parse('{"__proto__": {}}') }).metrics).toHaveProperty([
      '__proto__',
    ])
  })

  it.each([[undefined], [null], ['x'], [[]], [() => {}]])('refuses %s as options', (options) => {
    expect(() => resolveOptions(options as never)).toThrow(ConfigError)
  })
})

describe('resolveRoute', () => {
  const base = resolveOptions({ ...OPTIONS, usage: { hits: 3 }, onUnavailable: 'allow' })

  it('inherits what is absent', () => {
    expect(resolveRoute(base, {})).toEqual({ ...resolveRoute(base, {}), usage: { hits: 3 }, onUnavailable: 'allow' })
    expect(resolveRoute(base, { onUnavailable: 'deny' })).toMatchObject({ usage: { hits: 3 }, onUnavailable: 'deny' })
  })

  it('lets usage and mapping rules replace each other', () => {
    const ruled = resolveRoute(base, { mappingRules: [{ method: 'GET', pattern: '/', metric: 'hits' }] })
    expect(ruled.usage).toBeUndefined()
    expect(ruled.mappingRules).toEqual([{ method: 'GET', pattern: '/', metric: 'hits', delta: 1, last: false }])
    expect(resolveRoute(ruled, { usage: { hits: 1 } })).toMatchObject({ usage: { hits: 1 }, mappingRules: undefined })
  })

  it('refuses options of a whole gateway, and both kinds of usage together', () => {
    expect(() => resolveRoute(base, { timeoutMs: 5 } as never)).toThrow('timeoutMs is no option')
    expect(() => resolveRoute(base, { usage: {}, mappingRules: [] })).toThrow('exclude each other')
  })
})
