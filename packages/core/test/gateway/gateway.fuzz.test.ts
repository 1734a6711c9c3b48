/** For any input: nothing throws, nothing hangs, and no caller passes that the backend did not authorize. */

import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { quietLogger } from '../../../../test/support/quiet-logger.ts'
import { TRANSPORT, type Transport } from '../../src/client/transport/transport.ts'
import type { GatewayOptions } from '../../src/configuration/options/gateway-options.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from '../fuzz-runs.ts'
import { type RequestParts, viewOf } from '../requests.ts'

const GOOD = 'good-key'
const TOKEN = 'our-service-token'
const XML = { 'content-type': 'application/vnd.3scale-v2.0+xml' }
const YES = Buffer.from(
  '<?xml version="1.0" encoding="UTF-8"?><status><authorized>true</authorized><plan>P</plan></status>',
)

/** Authorizes one key, and quotes every other one unescaped in its denial, as the real backend does. */
const asked: URLSearchParams[] = []
const transport: Transport = {
  async request({ path }) {
    const query = new URL(path, 'http://backend.test').searchParams
    asked.push(query)
    const key = query.get('user_key') ?? query.get('app_id') ?? ''
    if (key === GOOD) return { status: 200, headers: XML, body: YES }
    const reason = `<status><authorized>false</authorized><reason>application key "${key}" is invalid</reason></status>`
    const headers = { ...XML, '3scale-rejection-reason': 'application_key_invalid' }
    return { status: 409, headers, body: Buffer.from(reason) }
  },
}

const rules = [
  { http_method: 'GET', pattern: '/v1/{a}/x{b}$', metric_system_name: 'hits', delta: 1 },
  { http_method: 'GET', pattern: '/v1', metric_system_name: 'other', delta: 2 },
  { http_method: 'ANY', pattern: '/?q=1', metric_system_name: 'hits', delta: 1, querystring_parameters: { q: '1' } },
  { http_method: 'POST', pattern: '/', metric_system_name: 'hits', delta: 1 },
]
const configured = (backend_version: string, credentials_location: string): GatewayOptions => ({
  proxyConfig: {
    id: 42,
    backend_version,
    backend_authentication_type: 'service_token',
    backend_authentication_value: TOKEN,
    proxy: { credentials_location, proxy_rules: rules },
  },
})
const own: GatewayOptions = {
  serviceId: '42',
  serviceToken: TOKEN,
  credentials: { in: ['headers', 'authorization', 'query', 'form'], maxBytes: 64 },
}
const mappingRules = rules.map(({ http_method, pattern, metric_system_name, delta }) => ({
  method: http_method,
  pattern,
  metric: metric_system_name,
  delta,
}))
const gateways = [
  configured('1', 'query'),
  configured('1', 'authorization'),
  configured('2', 'headers'),
  own,
  { ...own, mappingRules, caseInsensitivePaths: true, stripCredentials: true, rejection: 'text' as const },
  { ...own, cache: true },
  { ...configured('2', 'query'), cache: true },
].map((options) =>
  createGateway({ ...options, logger: quietLogger, [TRANSPORT]: transport } as object as GatewayOptions),
)
afterAll(async () => {
  for (const gateway of gateways) await gateway.close()
})

const bytes = fc.string({
  unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 40,
})
const keys = fc.oneof(fc.constantFrom(GOOD, encodeURIComponent(GOOD), 'good%2Dkey', '%', '', '<b', '"', 'a"b<'), bytes)
const paths = fc
  .array(fc.constantFrom('/', 'v1', '/v1/a', '/x', '.', '..', '%2F', '%2e', '%', '\\', '#', '?', 'é', '\u0000', '//'), {
    maxLength: 8,
  })
  .map((pieces) => `/${pieces.join('')}`)
const queries = fc
  .array(
    fc.oneof(
      keys.map((key) => `user_key=${key}`),
      fc.tuple(keys, keys).map(([id, key]) => `app_id=${id}&app_key=${key}`),
      fc.constantFrom('q=1', 'q', 'q=%31', '&', '=', '?', 'user_key', 'USER_KEY=x'),
    ),
    { maxLength: 4 },
  )
  .map((pieces) => pieces.join('&'))
const authorizations = fc.oneof(
  keys.map((key) => `Bearer ${key}`),
  fc.tuple(keys, keys).map(([id, key]) => `Basic ${Buffer.from(`${id}:${key}`, 'latin1').toString('base64')}`),
  bytes,
)
const requests: fc.Arbitrary<RequestParts> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'BREW'),
  url: fc.oneof(
    bytes,
    fc.tuple(paths, queries).map(([path, query]) => `${path}?${query}`),
  ),
  headers: fc
    .record(
      { user_key: keys, app_id: keys, app_key: keys, authorization: authorizations, referer: bytes, host: bytes },
      { requiredKeys: [] },
    )
    .map((headers) => ({ 'content-type': 'application/x-www-form-urlencoded', ...headers }) as Record<string, string>),
  form: fc.option(queries, { nil: undefined }),
})

/** Whether the request contains the good key in any spelling that we read. */
function carriesGoodKey({ url = '', headers = {}, form = '' }: RequestParts): boolean {
  const basic = /^basic +(.*)$/i.exec(headers.authorization ?? '')?.[1] ?? ''
  const texts = [url, form, ...Object.values(headers), Buffer.from(basic, 'base64').toString('latin1')]
  return texts.some((text) => text.replaceAll(/%2d/gi, '-').includes(GOOD))
}

test(
  'law 3: every request gets a decision',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...gateways), requests, async (gateway, request) => {
        asked.length = 0
        const decision = await gateway.evaluate(viewOf(request))
        if (decision.outcome === 'skip') throw new Error('nothing is skipped here')
        if (decision.outcome === 'allow') {
          expect(carriesGoodKey(request)).toBe(true)
          if (decision.source === 'backend')
            expect(asked.some((query) => [...query.values()].includes(GOOD))).toBe(true)
          gateway.settle(decision, { status: 200, finished: true, header: () => undefined })
          return
        }
        expect([400, 401, 403, 404]).toContain(decision.status)
        new Headers(decision.headers)
        expect(JSON.stringify(decision)).not.toContain(TOKEN)
        const said = /application key "(.*)" is invalid/.exec(decision.reason)
        if (said !== null) expect(said[1]).toBe('***')
      }),
      { numRuns: FUZZ_RUNS },
    )
  },
  FUZZ_TIMEOUT_MS,
)

test(
  'law 3: every request gets an explanation, which makes no call',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...gateways), requests, async (gateway, request) => {
        asked.length = 0
        const explanation = await gateway.explain(viewOf(request))
        expect(['ask', 'deny']).toContain(explanation.outcome)
        expect(JSON.stringify(explanation)).not.toContain(TOKEN)
        expect(asked).toHaveLength(0)
      }),
      { numRuns: FUZZ_RUNS },
    )
  },
  FUZZ_TIMEOUT_MS,
)
