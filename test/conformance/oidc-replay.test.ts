/**
 * Replays APIcast's recorded behaviour for OpenID Connect products through a real Express app with `proxyConfig`. The
 * backend and the identity provider are stubs; the clock stands still.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer } from 'node:http'
import { CHANNELS, ConfigError } from '@threescale/core'
import { threescale } from '@threescale/express'
import express from 'express'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ISSUER_KEYS } from '../../packages/core/src/defaults.ts'
import { CLOCK } from '../../packages/core/src/primitives/clock.ts'
import { closeServer, listenOnLoopback } from '../support/listening.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { quietLogger } from '../support/quiet-logger.ts'
import { type ApicastCase, apicastCases, type Deviation, readCases } from './apicast.ts'
import { sendRaw } from './raw-request.ts'
import { REAL_ORIGIN, Rerouted } from './rerouted.ts'

interface Exchange {
  readonly request: ApicastCase['request']
  readonly backend?: NonNullable<ApicastCase['backend']>
  readonly expect: ApicastCase['expect'] & { readonly introspection?: readonly Introspection[] }
}

/** A call by which the provider was asked about a token. */
interface Introspection {
  readonly authorization: string
  /** The form, in any order. */
  readonly body: string
}

type Provider = Readonly<
  Record<string, { readonly status: number; readonly content_type?: string | null; readonly body?: unknown }>
>

interface TokenCase extends Exchange {
  readonly name: string
  readonly now: number
  readonly config: Record<string, unknown>
  readonly idp: Provider
  readonly steps?: readonly (Exchange & { readonly wait_s?: number; readonly idp?: Provider })[]
  readonly deviation?: Deviation | undefined
}

const ACCEPTED =
  '<?xml version="1.0" encoding="UTF-8"?><status><authorized>true</authorized><plan>Basic</plan></status>'

/** Answers as backend and as identity provider, by the origin that was called. */
const world = {
  idp: {} as Provider,
  backend: { status: 200, headers: {}, body: '' } as NonNullable<ApicastCase['backend']>,
  calls: [] as string[],
  introspections: [] as Introspection[],
  server: createServer((request, response) => {
    const origin = String(request.headers[REAL_ORIGIN])
    if (origin === 'http://backend.test') {
      world.calls.push(request.url ?? '')
      const { status, headers, body } = world.backend
      if (status === 0) return void request.socket.destroy()
      response.writeHead(status, { 'content-type': 'application/vnd.3scale-v2.0+xml', ...headers })
      return void response.end(status === 200 && body === '' ? ACCEPTED : body)
    }
    if (request.method === 'POST') {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on(
        'end',
        () => void world.introspections.push({ authorization: request.headers.authorization ?? '', body }),
      )
    }
    const answer = world.idp[origin + request.url]
    if (answer === undefined) return void response.writeHead(404).end()
    if (answer.status === 0) return void request.socket.destroy()
    const { status, content_type: type, body } = answer
    response.writeHead(status, type === null || type === undefined ? {} : { 'content-type': type })
    response.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body))
  }),
  port: 0,
}

beforeAll(async () => {
  // Refreshes at the end of their time, as the clock must not run on while a real socket is waited for.
  vi.spyOn(Math, 'random').mockReturnValue(1)
  world.port = await listenOnLoopback(world.server)
})
afterAll(() => closeServer(world.server))

interface Outcome {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly upstreamCalled: boolean
  readonly introspections: readonly Introspection[]
  /** Endpoint and parameters of the first call; null without one. */
  readonly call: { readonly path: string; readonly params: Record<string, string> } | null
}

/** Undefined if the configuration was refused. */
async function replay(one: TokenCase): Promise<Outcome[] | undefined> {
  const clock = new ManualClock(one.now * 1000)
  const dispatcher = new Rerouted(world.port)
  let upstreamCalled = false
  world.idp = one.idp
  const app = express()
  app.enable('case sensitive routing')
  app.use(express.urlencoded({ extended: false }))
  const options = { proxyConfig: one.config, logger: quietLogger, dispatcher, timeoutMs: 5000, [CLOCK]: clock }
  let guard: ReturnType<typeof threescale>
  try {
    guard = threescale(options)
  } catch (error) {
    if (error instanceof ConfigError) return undefined
    throw error
  }
  app.use(guard)
  app.use((_request, response) => {
    upstreamCalled = true
    response.end('upstream')
  })
  const server = createServer(app)
  const outcomes: Outcome[] = []
  try {
    const port = await listenOnLoopback(server)
    for (const step of one.steps ?? [one]) {
      if ('idp' in step && step.idp !== undefined) world.idp = step.idp
      if ('wait_s' in step && step.wait_s !== undefined) await pass(clock, step.wait_s * 1000)
      world.backend = step.backend ?? { status: 200, headers: {}, body: '' }
      world.calls = []
      world.introspections = []
      upstreamCalled = false
      const { method, url, headers, body } = step.request
      const host = Object.keys(headers).some((name) => name.toLowerCase() === 'host') ? {} : { Host: 'api.example.com' }
      const answer = await sendRaw(port, method, url, { ...host, ...headers }, Buffer.from(body ?? ''))
      const call = world.calls[0] === undefined ? null : new URL(world.calls[0], 'http://backend')
      outcomes.push({
        ...answer,
        upstreamCalled,
        introspections: world.introspections,
        call: call && { path: call.pathname, params: Object.fromEntries(call.searchParams) },
      })
    }
  } finally {
    await closeServer(server)
    await guard.gateway.close()
    await dispatcher.close()
  }
  return outcomes
}

/** In five minutes the keys are fetched once at least. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  let onFetched = () => {}
  const fetched = new Promise<void>((resolve) => {
    onFetched = () => resolve()
  })
  subscribe(CHANNELS.keys, onFetched)
  await clock.advance(ms)
  if (ms > ISSUER_KEYS.refreshMs) await fetched
  unsubscribe(CHANNELS.keys, onFetched)
}

/** Where our status is another, so are body and headers, and whether 3scale is asked. */
function compare(outcome: Outcome, { expect: recorded }: Exchange, ours: Deviation['ours'] = {}): void {
  const status = ours.status ?? recorded.status
  expect(outcome.status).toBe(status)
  expect(outcome.upstreamCalled).toBe(status === 200)
  for (const [index, { authorization, body }] of (recorded.introspection ?? []).entries()) {
    const asked = outcome.introspections[index]
    expect(asked?.authorization).toBe(authorization)
    // APIcast asks without a token that stands in the query.
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toMatchObject({
      token: expect.stringMatching(/^ey/),
      ...Object.fromEntries(new URLSearchParams(body)),
    })
  }
  const own = ours.status !== undefined
  const body = own ? ours.body : recorded.body
  if (status !== 200 && typeof body === 'string') expect(outcome.body).toBe(body)
  for (const [name, value] of Object.entries({ ...(own ? {} : recorded.headers), ...ours.headers })) {
    expect([name, outcome.headers[name.toLowerCase()] ?? null]).toEqual([name, value])
  }
  const refusedByUs = own && recorded.status === 200
  const call = refusedByUs ? null : ours.call === undefined ? recorded.backend_request : ours.call
  if (status === 200 && own) {
    expect(outcome.call?.params).toMatchObject({ app_id: 'app-1', ...ours.params })
  } else if (call === null) expect(outcome.call).toBeNull()
  else if (call !== undefined) {
    expect(outcome.call).toEqual({ path: call.path, params: { ...call.params, ...ours.params } })
  }
}

describe.each([
  ['recorded', apicastCases<TokenCase>('oidc')],
  ['required', readCases<TokenCase[]>('requirements/tokens.json')],
] as const)('%s', (_source, cases) => {
  test.each(cases as readonly TokenCase[])('$name', async (one) => {
    const ours = one.deviation?.ours
    const outcomes = await replay(one)
    expect(outcomes === undefined).toBe(ours?.refused === true)
    if (outcomes === undefined) return
    if (one.steps === undefined) compare(outcomes[0]!, one, ours)
    else {
      const recorded = one.steps.map((step) => step.expect.status)
      expect(outcomes.map(({ status }) => status)).toEqual(ours?.steps ?? recorded)
    }
  })
})
