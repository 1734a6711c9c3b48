/** A response that was answered while the gateway decided, by a time limit for example, gets nothing more. */
import { Agent, createServer, get, type IncomingMessage, type RequestListener } from 'node:http'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { threescale as threescaleExpress } from '@threescale/express'
import { threescale as threescaleFastify } from '@threescale/fastify'
import { threescale as threescaleKoa } from '@threescale/koa'
import { honoThreescale } from '@threescale/web/hono'
import express5 from 'express'
import express4 from 'express4'
import fastify from 'fastify'
import { Hono, type MiddlewareHandler } from 'hono'
import { compress } from 'hono/compress'
import { cors } from 'hono/cors'
import { timing } from 'hono/timing'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { closeServer, listenOnLoopback } from '../support/listening.ts'
import { allow, denied, type Script, type ScriptedGateway, scriptGateway } from './scripted-gateway.ts'

type Make = (
  gateway: ScriptedGateway,
  served: () => void,
  failed: (error: unknown) => void,
) => RequestListener | Promise<RequestListener>

/** More than a connection takes at once. */
const TOO_SLOW = Buffer.alloc(8_000_000, 'too slow')

const onExpress =
  (express: typeof express5): Make =>
  (gateway, served, failed) => {
    const app = express()
    app.get('/fine', (_request, response) => void response.send('fine'))
    app.use((_request, response, next) => {
      setImmediate(() => response.status(503).send(TOO_SLOW))
      next()
    })
    app.use(threescaleExpress(gateway as never), served)
    app.use(((error, _request, _response, _next) => failed(error)) as express5.ErrorRequestHandler)
    return app as never
  }

const onKoa =
  (Koa: typeof Koa3): Make =>
  (gateway, served, failed) => {
    const app = new Koa().on('error', failed)
    app.use(async (ctx, next) => {
      if (ctx.path === '/fine') {
        ctx.body = 'fine'
        return
      }
      setImmediate(() => {
        ctx.res.statusCode = 503
        ctx.res.end(TOO_SLOW)
      })
      await next()
    })
    app.use(threescaleKoa(gateway as never)).use(served)
    return app.callback()
  }

const onFastify: Make = async (gateway, served, failed) => {
  const app = fastify()
  app.get('/fine', (_request, reply) => reply.send('fine'))
  await app.register(async (limited) => {
    limited.addHook('onRequest', (_request, reply, done) => {
      setImmediate(() => void reply.code(503).send(TOO_SLOW))
      done()
    })
    limited.setErrorHandler(failed)
    await limited.register(threescaleFastify, { gateway: gateway as never })
    limited.get('/', served)
  })
  await app.ready()
  return app.routing
}

/** @param more middleware that changes the Response, as that of Hono itself does. */
const onHono =
  (...more: MiddlewareHandler[]): Make =>
  (gateway, served, failed) => {
    const app = new Hono<{ Bindings: HttpBindings }>()
    app.get('/fine', (context) => context.text('fine'))
    app.use(...more, async (context, next) => {
      setImmediate(() => {
        context.env.outgoing.statusCode = 503
        context.env.outgoing.end(TOO_SLOW)
      })
      await next()
    })
    app.use(honoThreescale(gateway as never))
    app.get('/', (context) => {
      served()
      return context.text('served')
    })
    app.onError((error, context) => {
      failed(error)
      return context.text('failed', 500)
    })
    return getRequestListener(app.fetch)
  }

const failing: Script = () => {
  throw new Error('the callback failed')
}

describe.each<[string, Make]>([
  ['Express 4', onExpress(express4)],
  ['Express 5', onExpress(express5)],
  ['Koa 2', onKoa(Koa2)],
  ['Koa 3', onKoa(Koa3)],
  ['Fastify', onFastify],
  ['Hono', onHono()],
  ['Hono with CORS', onHono(cors())],
  ['Hono with a changed Response', onHono(timing(), compress())],
])('%s', (_name, make) => {
  it.each<[string, Script]>([
    ['a denial', () => denied()],
    ['an allowance', () => allow()],
    ['a failed callback', failing],
  ])('%s that comes later reaches no handler, and the answer is whole', async (_, outcome) => {
    const decisions: (() => void)[] = []
    const gateway = scriptGateway(async (view, route) => {
      await new Promise<void>((resolve) => decisions.push(resolve))
      return outcome(view, route)
    })
    const reached: unknown[] = []
    const server = createServer(
      await make(
        gateway,
        () => reached.push('served'),
        (error) => reached.push(error),
      ),
    )
    const port = await listenOnLoopback(server)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const sockets = new Set<unknown>()
    const ask = (path: string) =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const request = get({ port, host: '127.0.0.1', path, agent }, resolve).on('error', reject)
        request.on('socket', (socket) => sockets.add(socket))
      })
    const logged = vi.spyOn(console, 'error').mockReturnValue(undefined)
    onTestFinished(() => logged.mockRestore())
    const late = await ask('/')
    await eventually(() => decisions.length === 1, 'asking')
    decisions[0]!()
    await new Promise((resolve) => setTimeout(resolve, 20))
    const body = Buffer.concat(await late.toArray())
    // Only then the agent has the connection back.
    await new Promise(setImmediate)
    const fine = await ask('/fine')
    await fine.resume().toArray()
    expect([late.statusCode, body.length, fine.statusCode]).toEqual([503, TOO_SLOW.length, 200])
    expect([sockets.size, reached, logged.mock.calls]).toEqual([1, [], []])
    agent.destroy()
    await closeServer(server)
  })
})
