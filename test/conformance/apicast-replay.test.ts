/**
 * Replays APIcast's recorded behaviour through a real Express app with `proxyConfig`, against a stub of the backend.
 */
import { createServer } from 'node:http'
import { threescale } from '@threescale/express'
import express from 'express'
import express4 from 'express4'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closeServer, listenOnLoopback } from '../support/listening.ts'
import { quietLogger } from '../support/quiet-logger.ts'
import { type ApicastCase, apicastCases, type Deviation } from './apicast.ts'
import { type RawAnswer, sendRaw } from './raw-request.ts'

/** The stub needs a body, because our calls do not ask for `no_body` and an empty 200 is not an answer (law 4). */
const STATUS_DOCUMENT =
  '<?xml version="1.0" encoding="UTF-8"?><status><authorized>true</authorized><plan>Basic</plan></status>'

const UNKNOWN_CALLER: NonNullable<ApicastCase['backend']> = {
  status: 403,
  headers: { 'content-type': 'application/vnd.3scale-v2.0+xml' },
  body: '<?xml version="1.0" encoding="UTF-8"?><error code="user_key_invalid">user key is invalid</error>',
}

const backend = {
  answer: { status: 200, headers: {}, body: '' } as NonNullable<ApicastCase['backend']>,
  calls: [] as string[],
  server: createServer((request, response) => {
    backend.calls.push(request.url ?? '')
    // The recorded answer is one to the caller's input. The clean probe, which has none, is answered as 3scale does.
    const { status, headers, body } = backend.calls.length === 1 ? backend.answer : UNKNOWN_CALLER
    if (status === 0) return void request.socket.destroy()
    if (status !== 200) return void response.writeHead(status, headers).end(body)
    response.writeHead(status, { 'content-type': 'application/vnd.3scale-v2.0+xml', ...headers })
    response.end(body === '' ? STATUS_DOCUMENT : body)
  }),
  port: 0,
}

beforeAll(async () => {
  backend.port = await listenOnLoopback(backend.server)
})
afterAll(() => closeServer(backend.server))

interface Outcome {
  readonly answer: RawAnswer
  readonly upstreamCalled: boolean
  readonly params: Record<string, string> | null
}

async function replay(create: typeof express, { config, request, backend: answer }: ApicastCase): Promise<Outcome> {
  backend.answer = answer ?? { status: 200, headers: {}, body: '' }
  backend.calls = []
  let upstreamCalled = false
  const guard = threescale({ proxyConfig: serviceOf(config), logger: quietLogger })
  const app = create()
  // As APIcast's rules are.
  app.enable('case sensitive routing')
  app.use(create.urlencoded({ extended: false }))
  app.use(guard)
  app.use((_request, response) => {
    upstreamCalled = true
    response.end('upstream')
  })
  const server = createServer(app)
  try {
    const port = await listenOnLoopback(server)
    const headers = isRulesOnly(config) ? { ...request.headers, user_key: 'abc' } : request.headers
    const sent = await sendRaw(port, request.method, request.url, headers, Buffer.from(request.body ?? ''))
    const [call] = backend.calls
    const params = call === undefined ? null : Object.fromEntries(new URL(call, 'http://backend').searchParams)
    return { answer: sent, upstreamCalled, params }
  } finally {
    await closeServer(server)
    await guard.gateway.close()
  }
}

function isRulesOnly(config: ApicastCase['config']): boolean {
  return Object.hasOwn(config, 'proxy_rules')
}

function serviceOf(config: ApicastCase['config']): object {
  const endpoint = { endpoint: `http://127.0.0.1:${backend.port}` }
  if (!isRulesOnly(config)) return { ...config, proxy: { ...(config.proxy as object), backend: endpoint } }
  return {
    id: 42,
    backend_version: 1,
    backend_authentication_type: 'service_token',
    backend_authentication_value: 'token-value',
    proxy: { ...config, backend: endpoint, credentials_location: 'headers' },
  }
}

describe.each([
  ['Express 5', express],
  ['Express 4', express4 as unknown as typeof express],
])('%s', (_name, create) => {
  describe.each(['mapping-rules', 'credentials', 'backend-responses'] as const)('%s', (file) => {
    test.each(apicastCases(file))('$name', async (one) => {
      const outcome = await replay(create, one)
      const expected = merge(one.expect, one.deviation?.ours)
      expect(outcome.answer.status).toBe(expected.status)
      expect(outcome.upstreamCalled).toBe(expected.status === 200)
      if (expected.status !== 200 && typeof expected.body === 'string') expect(outcome.answer.body).toBe(expected.body)
      for (const [name, value] of Object.entries(expected.headers ?? {})) {
        expect([name, outcome.answer.headers[name.toLowerCase()] ?? null]).toEqual([name, value])
      }
      if (expected.usage !== undefined) expect(usageOf(outcome.params)).toEqual(expected.usage)
      if (expected.backend_request === null) expect(outcome.params).toBeNull()
      else if (expected.backend_request !== undefined) expect(outcome.params).toEqual(expected.backend_request.params)
    })
  })
})

function merge(recorded: ApicastCase['expect'], ours: Deviation['ours'] = {}): ApicastCase['expect'] {
  const { params, headers, ...rest } = ours
  const call = recorded.backend_request
  // If our status differs, the whole answer is ours.
  const answer = ours.status === undefined ? recorded : { ...recorded, body: null, headers: {} }
  return {
    ...answer,
    ...rest,
    headers: { ...answer.headers, ...headers },
    ...(call ? { backend_request: { ...call, params: { ...call.params, ...params } } } : {}),
    ...(call === null && params !== undefined
      ? { backend_request: { path: '', params: { ...PROVIDER_PARAMS, ...params } } }
      : {}),
  }
}

/** The parameters of our calls besides credentials, for cases in which APIcast made no call. */
const PROVIDER_PARAMS = { service_id: '42', service_token: 'token-value', 'usage[hits]': '1' }

function usageOf(params: Record<string, string> | null): Record<string, number> | null {
  if (params === null) return null
  const used = Object.entries(params).filter(([name]) => name.startsWith('usage['))
  return Object.fromEntries(used.map(([name, amount]) => [name.slice(6, -1), Number(amount)]))
}
