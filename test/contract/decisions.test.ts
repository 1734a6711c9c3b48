/** Every denial, over a real gateway and an emulator: byte for byte the same in every framework. */

import type { GatewayOptions } from '@threescale/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { quietLogger } from '../support/quiet-logger.ts'
import { startBackend } from '../support/socket-backend.ts'
import { contractState, SERVICE, TOKEN, useEmulator } from './backend.ts'
import type { App, Setup } from './framework.ts'
import { frameworks } from './frameworks/all.ts'
import { type Answer, type Asking, ask } from './wire.ts'

const backend = useEmulator()

interface Row {
  readonly situation: string
  readonly options?: GatewayOptions
  readonly asking?: Asking
  readonly before?: (app: App, port: number) => Promise<unknown>
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly headers?: Readonly<Record<string, string>>
  readonly absent?: readonly string[]
}

const RULES = [{ method: 'GET', pattern: '/v1/words/{word}$', metric: 'lookup' }]

const rows: readonly Row[] = [
  {
    situation: 'no credentials',
    status: 401,
    code: 'credentials_missing',
    detail: 'the request carries no credentials',
    absent: ['www-authenticate', 'retry-after'],
  },
  {
    situation: 'no credentials where Authorization is a location',
    options: { credentials: { in: ['authorization'] } },
    status: 401,
    code: 'credentials_missing',
    detail: 'the request carries no credentials',
    headers: { 'www-authenticate': expect.stringMatching(/^(Basic|Bearer)/) },
  },
  {
    situation: 'credentials longer than maxBytes',
    asking: { target: `/?user_key=${'k'.repeat(5000)}` },
    status: 403,
    code: 'credentials_malformed',
    detail: expect.any(String) as never,
  },
  {
    situation: 'a key that 3scale does not know',
    asking: { target: '/?user_key=stranger-key' },
    status: 403,
    code: 'user_key_invalid',
    detail: 'user key "***" is invalid',
    absent: ['retry-after'],
  },
  {
    situation: 'a suspended application',
    asking: { target: '/?user_key=suspended-key' },
    status: 403,
    code: 'application_not_active',
    detail: 'application is not active',
  },
  {
    situation: 'a limit that is reached',
    options: { usage: { hits: 3 } },
    asking: { target: '/?user_key=limited-key' },
    before: (_, port) => ask(port, { target: '/?user_key=limited-key' }),
    status: 429,
    code: 'limits_exceeded',
    detail: 'usage limits are exceeded',
    headers: {
      'retry-after': expect.stringMatching(/^([1-9]|[1-5]\d|60)$/),
      'ratelimit-policy': '"hits.minute";q=3;w=60',
      ratelimit: expect.stringMatching(/^"hits\.minute";r=0;t=\d+$/),
    },
  },
  {
    situation: 'a usage larger than the limit',
    options: { usage: { hits: 4 } },
    asking: { target: '/?user_key=limited-key' },
    status: 429,
    code: 'limits_exceeded',
    detail: 'usage limits are exceeded',
    absent: ['retry-after'],
  },
  {
    situation: 'a limit for eternity that is reached',
    asking: { target: '/?user_key=spent-key' },
    before: (_, port) => ask(port, { target: '/?user_key=spent-key' }),
    status: 429,
    code: 'limits_exceeded',
    detail: 'usage limits are exceeded',
    absent: ['retry-after'],
  },
  {
    situation: 'a limit of 0',
    asking: { target: '/?user_key=disabled-key' },
    status: 403,
    code: 'limits_exceeded',
    detail: 'usage limits are exceeded',
    absent: ['retry-after'],
  },
  {
    situation: 'no mapping rule that matches',
    options: { mappingRules: RULES },
    asking: { target: '/v2/words?user_key=free-key' },
    status: 404,
    code: 'no_mapping_rule',
    detail: 'no mapping rule matches the request',
  },
  {
    situation: 'HEAD where only GET has a rule',
    options: { mappingRules: RULES },
    asking: { method: 'HEAD', target: '/v1/words/x?user_key=free-key' },
    status: 404,
    code: 'no_mapping_rule',
    detail: 'no mapping rule matches the request',
  },
  {
    situation: 'a path that can be read in two ways',
    options: { mappingRules: RULES },
    asking: { target: '/v2/../v1/words/x?user_key=free-key' },
    status: 400,
    code: 'path_ambiguous',
    detail: 'the path can be read in ways that match different mapping rules',
  },
  {
    situation: 'a path with an escaped slash',
    options: { mappingRules: RULES },
    asking: { target: '/v1%2Fwords/x?user_key=free-key' },
    status: 400,
    code: 'path_ambiguous',
    detail: 'the path can be read in ways that match different mapping rules',
  },
  {
    situation: 'a backend that does not answer',
    options: { backendUrl: 'http://127.0.0.1:1' },
    asking: { target: '/?user_key=free-key' },
    status: 503,
    code: 'backend_unavailable',
    detail: 'the request cannot be authorized at the moment',
    headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
  },
  {
    situation: 'a closed gateway',
    asking: { target: '/?user_key=free-key' },
    before: (app) => app.gateway.close(),
    status: 503,
    code: 'gateway_closed',
    detail: 'the gateway is closed',
    headers: { 'retry-after': '1' },
  },
  {
    situation: 'our own token refused',
    options: { serviceToken: 'outdated-token' },
    asking: { target: '/?user_key=free-key' },
    status: 500,
    code: 'gateway_misconfigured',
    detail: 'the gateway is not set up correctly',
  },
  {
    situation: 'a usage function that gives no usage',
    options: { usage: () => ({ hits: -1 }) },
    asking: { target: '/?user_key=free-key' },
    status: 500,
    code: 'gateway_misconfigured',
    detail: 'the gateway is not set up correctly',
  },
]

describe.each(frameworks)('$name', (framework) => {
  async function serve(options: GatewayOptions = {}, setup: Omit<Setup, 'guard'> = {}) {
    const guard = { serviceId: SERVICE, serviceToken: TOKEN, backendUrl: backend.url, logger: quietLogger, ...options }
    const app = await framework.create({ guard, ...setup })
    onTestFinished(() => app.close())
    return { app, port: await app.listen() }
  }

  it('admits a good key, and shows the handler the application and its limits', async () => {
    let seen: unknown
    const { port } = await serve(
      { rateLimitHeaders: 'all' },
      {
        routes: {
          '/v1/words': (call) => {
            const { source, service, application, plan, usage, limits } = call.threescale!
            seen = {
              source,
              service,
              application,
              plan,
              usage: { ...usage },
              left: limits.map((each) => each.max - each.current),
            }
            call.send(200, 'served')
          },
        },
      },
    )
    const answer = await ask(port, { target: '/v1/words?user_key=limited-key' })
    expect(answer).toMatchObject({
      status: 200,
      body: 'served',
      headers: { 'ratelimit-policy': '"hits.minute";q=3;w=60' },
    })
    expect(seen).toEqual({
      source: 'backend',
      service: SERVICE,
      application: { id: 'limited' },
      plan: 'Basic',
      usage: { hits: 1 },
      left: [2],
    })
    expect(backend.emulator.usage()[SERVICE]?.limited?.hits?.minute).toBe(1)
  })

  it.each(rows)('answers $situation with $status $code', async ({ options, asking = {}, before, ...row }) => {
    // Its handlers never see dots: the server resolves them as APIcast does.
    if (framework.name.startsWith('Hono') && asking.target?.includes('/../')) return
    const { app, port } = await serve(options)
    await before?.(app, port)
    const answer = await ask(port, asking)
    expectDenial(answer, row, asking.method)
  })

  it('answers more calls at once than it may make with 503 overloaded', async () => {
    const stalled = await startBackend(() => {})
    const { port } = await serve({ backendUrl: stalled.url, maxCalls: 1, timeoutMs: 10_000 })
    const first = ask(port, { target: '/?user_key=free-key' })
    await eventually(() => stalled.requests.length === 1, 'the first call')
    const second = await ask(port, { target: '/?user_key=limited-key' })
    for (const socket of stalled.sockets) socket.destroy()
    const answers = [await first, second]
    expect(answers.map(({ body }) => JSON.parse(body).code).sort()).toEqual(['backend_unavailable', 'overloaded'])
    const overloaded = answers.find(({ body }) => body.includes('overloaded'))!
    expectDenial(overloaded, {
      status: 503,
      code: 'overloaded',
      detail: 'too many requests at once',
      headers: { 'retry-after': '1' },
    })
  })

  it("answers with the plain reason under rejection 'text'", async () => {
    const { port } = await serve({ rejection: 'text' })
    const answer = await ask(port, { target: '/?user_key=stranger-key' })
    expect([answer.status, answer.headers['content-type'], answer.body]).toEqual([
      403,
      'text/plain; charset=utf-8',
      'user key "***" is invalid',
    ])
  })

  it("denies and counts nothing under mode 'observe'", async () => {
    const { port } = await serve({ mode: 'observe' })
    for (const target of ['/?user_key=free-key', '/?user_key=stranger-key', '/']) {
      expect((await ask(port, { target })).status).toBe(200)
    }
    expect(backend.emulator.usage()[SERVICE]?.free?.hits?.minute ?? 0).toBe(0)
  })

  it('removes the credentials that it has read before handlers run', async () => {
    let seen: unknown
    const { port } = await serve(
      { stripCredentials: true, credentials: { in: ['query', 'headers'] } },
      {
        routes: {
          '/v1/words': (call) => {
            seen = [call.originalUrl, { ...call.query }, call.request.rawHeaders.includes('free-key')]
            call.send(200, 'served')
          },
        },
      },
    )
    expect((await ask(port, { target: '/v1/words?user_key=free-key&page=2' })).status).toBe(200)
    expect(seen).toEqual(['/v1/words?page=2', { page: '2' }, false])
  })

  it('reads credentials from a form if that is a location', async () => {
    const form = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    const { port } = await serve({ credentials: { in: ['form'] } }, { forms: 'before' })
    expect((await ask(port, { ...form, body: 'user_key=free-key' })).status).toBe(200)
    expect((await ask(port, { ...form, body: 'user_key=stranger-key' })).status).toBe(403)
  })

  it('sends the exact bytes of a header to 3scale', async () => {
    const state = contractState()
    state.services[0]!.applications!.push({ id: 'umlaut', plan: 'free', user_keys: ['schlüssel'] } as never)
    backend.emulator.setState(state)
    const { port } = await serve({ credentials: { in: ['headers'], names: { userKey: 'x-key' } } })
    const bytes = (text: string, encoding: BufferEncoding) => Buffer.from(text, encoding).toString('latin1')
    expect((await ask(port, { headers: { 'x-key': bytes('schlüssel', 'utf8') } })).status).toBe(200)
    const invalid = await ask(port, { headers: { 'x-key': bytes('schl\xfcssel', 'latin1') } })
    expect([invalid.status, JSON.parse(invalid.body).code]).toEqual([403, 'credentials_malformed'])
  })
})

function expectDenial(answer: Answer, row: Omit<Row, 'situation'>, method?: string): void {
  expect(answer.status).toBe(row.status)
  expect(answer.headers).toMatchObject({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...row.headers,
  })
  for (const name of row.absent ?? []) expect(answer.headers[name], name).toBeUndefined()
  if (method === 'HEAD') {
    expect(answer.body).toBe('')
    return
  }
  const body = JSON.parse(answer.body)
  expect(body).toEqual({
    type: 'about:blank',
    title: expect.any(String),
    status: row.status,
    detail: row.detail,
    code: row.code,
  })
  expect(answer.body).toBe(JSON.stringify(body))
  expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.body)))
}
