/** Requests that Node passes to an 'upgrade' listener and not to the framework. */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { RequestView } from '@threescale/core'
import { type ExpressView, viewOf as expressView } from '@threescale/express'
import { type FastifyView, viewOf as fastifyView } from '@threescale/fastify'
import { type KoaView, viewOf as koaView } from '@threescale/koa'
import express5 from 'express'
import express4 from 'express4'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { closeServer, listenOnLoopback } from '../support/listening.ts'
import { open } from './wire.ts'

const ofExpress = (express: typeof express5) => (request: IncomingMessage, trustProxy: boolean) => {
  const app = express()
  app.set('trust proxy', trustProxy)
  return expressView(request, app)
}
const ofKoa = (Koa: typeof Koa3) => (request: IncomingMessage, proxy: boolean) => koaView(request, new Koa({ proxy }))

const servers: ReturnType<typeof createServer>[] = []
const sockets: Duplex[] = []
afterEach(async () => {
  // The server does not close upgraded sockets.
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const server of servers.splice(0)) await closeServer(server)
})

/** The view of an upgrade request, and its client. */
async function upgrade(
  viewOf: (request: IncomingMessage) => RequestView,
  forwarded: Readonly<Record<string, string>> = { 'x-forwarded-for': '203.0.113.7' },
) {
  const server = createServer()
  servers.push(server)
  const port = await listenOnLoopback(server)
  const received = once(server, 'upgrade')
  const client = open(port, {
    target: '/socket?user_key=k',
    headers: {
      host: 'api.example',
      'x-forwarded-host': 'public.example',
      ...forwarded,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'x-key': 'v',
    },
  })
  const [request, socket] = await received
  sockets.push(socket)
  return { view: viewOf(request), client, socket }
}

describe.each([
  { name: 'Express 4', viewOf: ofExpress(express4) },
  { name: 'Express 5', viewOf: ofExpress(express5) },
  { name: 'Koa 2', viewOf: ofKoa(Koa2) },
  { name: 'Koa 3', viewOf: ofKoa(Koa3) },
  // Fastify does not tell whether it trusts a proxy.
  { name: 'Fastify 5', viewOf: (request: IncomingMessage, _trustProxy: boolean) => fastifyView(request) },
])('$name', ({ name, viewOf }) => {
  it.each([false, true])('is seen like any other (trust proxy %s)', async (trustProxy) => {
    const { view } = await upgrade((request) => viewOf(request, trustProxy))
    const host = trustProxy && !name.startsWith('Fastify') ? 'public.example' : 'api.example'
    const address = trustProxy ? '203.0.113.7' : expect.stringMatching(/127\.0\.0\.1$/)
    expect(view.ip).toEqual(name.startsWith('Fastify') ? undefined : address)
    expect([view.method, view.url, view.host, view.header('x-key'), view.formField?.('user_key')]).toEqual([
      'GET',
      '/socket?user_key=k',
      host,
      'v',
      undefined,
    ])
  })

  it('its signal is aborted when the client disconnects', async () => {
    const { view, client, socket } = await upgrade((request) => viewOf(request, false))
    socket.on('error', () => {})
    socket.resume()
    expect(view.signal?.aborted).toBe(false)
    client.destroy()
    await eventually(() => view.signal?.aborted === true, 'the signal')
  })
})

it.each([
  [{}, '127.0.0.1'],
  [{ Forwarded: 'for=203.0.113.7' }, undefined],
  [{ 'X-Real-IP': '203.0.113.7' }, undefined],
])('the address is not known in Fastify if a proxy may stand between: %j', async (forwarded, address) => {
  const { view } = await upgrade(fastifyView, forwarded)
  expect(view.ip).toBe(address)
})

it("callbacks get the framework's object for such a request", async () => {
  const viaExpress = await upgrade((request) => expressView(request, express5()))
  expect((viaExpress.view as ExpressView).request.get('x-key')).toBe('v')
  const viaKoa = await upgrade((request) => koaView(request, new Koa3()))
  expect((viaKoa.view as KoaView).ctx.get('x-key')).toBe('v')
  const viaFastify = await upgrade(fastifyView)
  expect((viaFastify.view as FastifyView).raw.headers['x-key']).toBe('v')
  expect(() => (viaFastify.view as FastifyView).request).toThrow('use view.raw')
})
