/**
 * Replays which service and which backend APIcast chose for a request, through a real Express app with `proxyConfig`. The
 * 3scale backend is a stub.
 */
import { createServer } from 'node:http'
import { threescale } from '@threescale/express'
import express from 'express'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { closeServer, listenOnLoopback } from '../support/listening.ts'
import { quietLogger } from '../support/quiet-logger.ts'
import { type ApicastCase, apicastCases } from './apicast.ts'
import { sendRaw } from './raw-request.ts'
import { Rerouted } from './rerouted.ts'

interface RoutingCase extends ApicastCase {
  readonly env?: Readonly<Record<string, string>>
}

const ACCEPTED =
  '<?xml version="1.0" encoding="UTF-8"?><status><authorized>true</authorized><plan>Basic</plan></status>'

const backend = {
  answer: { status: 200, headers: {}, body: '' } as NonNullable<ApicastCase['backend']>,
  calls: [] as string[],
  server: createServer((request, response) => {
    backend.calls.push(request.url ?? '')
    const { status, headers, body } = backend.answer
    response.writeHead(status, { 'content-type': 'application/vnd.3scale-v2.0+xml', ...headers })
    response.end(status === 200 ? ACCEPTED : body)
  }),
  port: 0,
}

beforeAll(async () => {
  backend.port = await listenOnLoopback(backend.server)
})
afterAll(() => closeServer(backend.server))

test.each(apicastCases<RoutingCase>('routing'))('$name', async (one) => {
  const { config, env = {}, request, expect: recorded } = one
  const ours = one.deviation?.ours ?? {}
  backend.answer = one.backend!
  backend.calls = []
  let handled = false
  const dispatcher = new Rerouted(backend.port)
  const guard = threescale({
    proxyConfig: config,
    pathRouting: 'APICAST_PATH_ROUTING_ONLY' in env ? 'only' : 'APICAST_PATH_ROUTING' in env,
    logger: quietLogger,
    dispatcher,
  })
  const app = express()
  app.enable('case sensitive routing')
  app.use(guard)
  app.use((_request, response) => {
    handled = true
    response.end('upstream')
  })
  const server = createServer(app)
  try {
    const port = await listenOnLoopback(server)
    const { method, url, headers } = request
    const answer = await sendRaw(port, method, url, { Host: 'api.example.com', ...headers }, Buffer.alloc(0))
    const status = ours.status ?? recorded.status
    expect(answer.status).toBe(status)
    expect(handled).toBe(status === 200)
    const body = ours.body ?? (ours.status === undefined ? recorded.body : undefined)
    if (status !== 200 && typeof body === 'string') expect(answer.body).toBe(body)
    const [call] = backend.calls
    const params = call === undefined ? null : Object.fromEntries(new URL(call, 'http://backend').searchParams)
    const { backend_request: asked } = recorded
    expect(params).toEqual(ours.call === null || !asked ? (ours.params ?? null) : { ...asked.params, ...ours.params })
  } finally {
    await closeServer(server)
    await guard.gateway.close()
    await dispatcher.close()
  }
})
